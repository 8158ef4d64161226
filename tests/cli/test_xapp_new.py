"""``ranwright xapp new``: what it makes passes its own test, and runs on a RIC with a twin."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.service.ric_nodes import disconnect_nodes
from contracts.errors import ExitCode, RanwrightError
from tests.cli.ric_command import Command
from tests.xapps.platform.waits import wait_until
from xapps.platform.descriptor import read_descriptor
from xapps.platform.home import RicHome
from xapps.template.make import MAX_NAME_LENGTH, make_xapp


def pytest_in(folder: Path) -> subprocess.CompletedProcess[str]:
    """An xApp's own tests, run as its author runs them."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": ":".join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def findings(ranwright: Command) -> list[dict[str, Any]]:
    lines = ranwright("xapp", "logs", "worst-cell", "-n", "1000").splitlines()
    entries = (json.loads(line) for line in lines if line.startswith("{"))
    return [entry for entry in entries if str(entry["event"]).startswith("cell.")]


def test_a_new_xapp_runs_on_a_ric_with_a_twin(ranwright: Command, tmp_path: Path) -> None:
    assert ranwright.refused("ric", "node")[1]["code"] == "ric.down"
    ranwright("ric", "up")
    node = ranwright.json("ric", "node", "--pace", "5")
    assert node["started"] is True
    assert ranwright.json("ric", "status")["nodes"] == {node["node"]: "CONNECTED"}
    assert ranwright.json("ric", "node")["started"] is False

    folder = Path(ranwright.json("xapp", "new", "worst-cell", "--folder", str(tmp_path))["folder"])
    schema = ["--schema", str(folder / "schema.json"), "--folder", str(folder)]
    descriptor = str(folder / "config-file.json")
    ranwright("xapp", "onboard", descriptor, *schema, "--", "-m", "worst_cell")
    ranwright("xapp", "deploy", "worst-cell")
    found = wait_until(lambda: findings(ranwright), 60)[0]
    assert found["ran_name"] == node["node"]
    assert found["event"] == "cell.worst"

    threshold_mbps = found["ue_throughput_p5_mbps"] * 10
    controls = tmp_path / "controls.json"
    controls.write_text(
        json.dumps({"period_ms": 500, "silence_timeout_s": 10, "threshold_mbps": threshold_mbps})
    )
    ranwright("xapp", "configure", "worst-cell", str(controls))
    wait_until(lambda: findings(ranwright)[-1]["event"] == "cell.starved", 60)

    ranwright("ric", "down")
    assert disconnect_nodes(RicHome(tmp_path / "ric")) == []  # down has stopped it


def test_its_own_tests_pass_and_can_fail(tmp_path: Path) -> None:
    folder = make_xapp("quite-another-name", tmp_path)
    passed = pytest_in(folder)
    assert passed.returncode == 0, passed.stdout
    assert "3 passed" in passed.stdout
    judgement = folder / "quite_another_name" / "worst.py"
    judgement.write_text(judgement.read_text().replace("min(p5", "max(p5"))
    assert pytest_in(folder).returncode == 1


@given(st.from_regex(r"[a-z][a-z0-9-]{0,35}", fullmatch=True) | st.text(max_size=40))
def test_a_name_is_taken_or_refused(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    parent = tmp_path_factory.mktemp("new")
    refused: RanwrightError | None = None
    try:
        make_xapp(name, parent)
    except RanwrightError as error:
        refused = error
    if refused is not None:
        assert (refused.code, refused.exit_code) == ("xapp.bad_name", ExitCode.USAGE)
        assert list(parent.iterdir()) == []
        return
    descriptor = read_descriptor((parent / name / "config-file.json").read_bytes())
    assert descriptor.name == name
    assert len(f"service-ricxapp-{name}-rmr.ricxapp:4560") < 64
    assert (parent / name / name.replace("-", "_") / "__main__.py").exists()
    assert all("$" not in path.read_text() for path in parent.rglob("*.py"))


@pytest.mark.parametrize(
    "name", ["json", "structlog", "contracts", "tests", "class", "Upper", "-a", "a-", "a_b", "1st"]
)
def test_names_that_cannot_be(tmp_path: Path, name: str) -> None:
    with pytest.raises(RanwrightError) as refused:
        make_xapp(name, tmp_path)
    assert refused.value.code == "xapp.bad_name"


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    mine = tmp_path / "mine" / "thought.txt"
    mine.parent.mkdir()
    mine.write_text("do not lose this")
    with pytest.raises(RanwrightError) as refused:
        make_xapp("mine", tmp_path)
    assert refused.value.code == "xapp.exists"
    assert mine.read_text() == "do not lose this"
    assert list(mine.parent.iterdir()) == [mine]
    assert len("a" * MAX_NAME_LENGTH) == make_xapp("a" * MAX_NAME_LENGTH, tmp_path).name.count("a")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for parent in (file, file / "below"):
        with pytest.raises(RanwrightError) as refused:
            make_xapp("mine", parent)
        assert refused.value.code in ("xapp.exists", "xapp.unwritable")
