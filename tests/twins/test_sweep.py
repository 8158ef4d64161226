import os
import signal
import subprocess
import sys
import time

import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from contracts.errors import ExitCode, RanwrightError
from twins.runtime import RuntimeSettings
from twins.scenario import load_scenario
from twins.sweep import SweepPlan, sweep

MUNICH = load_scenario("munich")
ALONE = RuntimeSettings(workers=1)


def plan(**changes) -> SweepPlan:
    values = {"seeds": (1, 2), "power_offsets_db": (0.0, -3.0), "seconds": 0.5}
    return SweepPlan(**{"scenario_digest": MUNICH.digest} | values | changes)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    out = tmp_path_factory.mktemp("sweep") / "whole.parquet"
    assert sweep(MUNICH, plan(), out, ALONE) == 0
    return pq.read_table(out)


def test_a_row_a_cell_and_point(whole):
    assert whole.num_rows == 4 * len(MUNICH.cell_ids)
    assert SweepPlan.parse(whole.schema.metadata[b"ranwright.plan"]) == plan()
    rows = whole.to_pylist()
    start = {s.cell_id: s.configured_max_tx_power_mw for s in MUNICH.sectors}
    grid = MUNICH.equipment.grid_mw()
    for row in rows:
        expected = start[row["cell_id"]] * 10 ** (row["power_offset_db"] / 10)
        assert row["tx_power_mw"] == min(grid, key=lambda mw, at=expected: abs(mw - at))
        assert 0 <= row["prb_usage_percent"] <= 100
    assert sum(r["connected_ues"] for r in rows) == 4 * MUNICH.ue_count


def test_less_power_costs_less(whole):
    watts = {0.0: 0.0, -3.0: 0.0}
    for row in whole.to_pylist():
        watts[row["power_offset_db"]] += row["average_power_w"]
    assert watts[-3.0] < watts[0.0]


def test_killed_and_repeated_it_gives_the_same_file(tmp_path, whole):
    out = tmp_path / "killed.parquet"
    command = [sys.executable, "-m", "agents.cli.main", "twin", "sweep", str(out)]
    command += ["--seeds", "1-2", "--power-db", "0,-3", "--seconds", "0.5"]
    environment = os.environ | {"RANWRIGHT_WORKERS": "1"}
    cut = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    parts = out.with_name("killed.parquet.parts")
    while not list(parts.glob("*.parquet")) and cut.poll() is None:
        time.sleep(0.001)  # the kill has to fall between two points
    cut.send_signal(signal.SIGKILL)
    cut.wait()
    assert not out.exists(), "it ended before it could be killed"
    done = len(list(parts.glob("*.parquet")))
    again = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert f"{done} of them from before" in again.stdout
    assert pq.read_table(out).equals(whole)
    assert not parts.exists()


def test_a_point_without_active_ues_does_not_spoil_the_file(tmp_path):
    lonely = MUNICH.model_copy(update={"ue_count": 1})
    out = tmp_path / "lonely.parquet"
    seeds = tuple(range(1, 13))
    wanted = plan(scenario_digest=lonely.digest, seeds=seeds, power_offsets_db=(0,), seconds=0.1)
    sweep(lonely, wanted, out, ALONE)
    means = pq.read_table(out)["ue_throughput_mean_mbps"]
    assert 0 < means.null_count < len(means)


@pytest.mark.parametrize(
    "wrong", [{"seeds": (1, 1)}, {"power_offsets_db": (0.0, float("nan"))}, {"seconds": 0.0}]
)
def test_what_cannot_be_swept_is_refused(wrong):
    with pytest.raises(ValidationError):
        plan(**wrong)


def test_offsets_close_to_each_other_are_two_points(tmp_path):
    out = tmp_path / "close.parquet"
    close = (-0.1234567, -0.12345674)
    sweep(MUNICH, plan(seeds=(1,), power_offsets_db=close), out, ALONE)
    assert set(pq.read_table(out)["power_offset_db"].to_pylist()) == set(close)


def test_parts_of_another_sweep_are_left_alone(tmp_path):
    out = tmp_path / "other.parquet"
    parts = out.with_name("other.parquet.parts")
    parts.mkdir()
    (parts / "plan.json").write_bytes(plan(seconds=9.0).canonical())
    with pytest.raises(RanwrightError) as caught:
        sweep(MUNICH, plan(), out, ALONE)
    assert (caught.value.code, caught.value.exit_code) == ("sweep.other_plan", ExitCode.USAGE)
    assert (parts / "plan.json").exists()


def test_a_result_is_never_overwritten(tmp_path):
    out = tmp_path / "there.parquet"
    out.write_text("mine")
    with pytest.raises(RanwrightError) as caught:
        sweep(MUNICH, plan(), out, ALONE)
    assert caught.value.code == "sweep.exists"
    assert out.read_text() == "mine"
