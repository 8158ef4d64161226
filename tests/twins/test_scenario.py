from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from contracts.errors import ExitCode, RanwrightError
from contracts.policy import load_policy
from twins.channel import load_link_map
from twins.scenario import Scenario, load_scenario, scenario_path
from twins.scenario_fields import TABLES_FOLLOW, guide_table
from twins.streets import street_map


@pytest.fixture
def document() -> dict[str, Any]:
    value: dict[str, Any] = yaml.safe_load(scenario_path("munich").read_text(encoding="utf-8"))
    return value


def load(folder: Path, document: object) -> Scenario:
    path = folder / "edited.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return load_scenario(str(path))


@pytest.mark.parametrize(
    ("name", "cells"),
    [("munich", 9), ("florence", 12), ("etoile", 9), ("munich_lte", 9), ("uma", 21)],
)
def test_built_in_scenarios(name: str, cells: int) -> None:
    scenario = load_scenario(name)
    assert scenario.name == name
    assert scenario.cell_ids == tuple(range(1, cells + 1))


def test_digest_names_the_content(tmp_path: Path, document: dict[str, Any]) -> None:
    assert load(tmp_path, document).digest == load_scenario("munich").digest
    document["traffic"]["activity"] = 0.5
    assert load(tmp_path, document).digest != load_scenario("munich").digest


def test_unknown_scenario_lists_the_known() -> None:
    with pytest.raises(RanwrightError, match="munich, munich_lte, uma") as caught:
        load_scenario("atlantis")
    assert caught.value.code == "scenario.unknown"
    assert caught.value.exit_code is ExitCode.USAGE


def edit_unknown_field(document: dict[str, Any]) -> None:
    document["colour"] = "blue"


def edit_missing_field(document: dict[str, Any]) -> None:
    del document["carrier"]


def edit_wrong_channel(document: dict[str, Any]) -> None:
    document["channel"]["kind"] = "imagined"


def edit_power_off_the_grid(document: dict[str, Any]) -> None:
    document["sites"][0]["sectors"][0]["configured_max_tx_power_mw"] = 39_999


def edit_duplicate_cell(document: dict[str, Any]) -> None:
    document["sites"][0]["sectors"][1]["cell_id"] = 1


def edit_negative_bandwidth(document: dict[str, Any]) -> None:
    document["carrier"]["bandwidth_hz"] = -1.0


def edit_not_a_number(document: dict[str, Any]) -> None:
    document["ue_min_rsrp_dbm"] = float("nan")


@pytest.mark.parametrize(
    "edit",
    [
        edit_unknown_field,
        edit_missing_field,
        edit_wrong_channel,
        edit_power_off_the_grid,
        edit_duplicate_cell,
        edit_negative_bandwidth,
        edit_not_a_number,
    ],
)
def test_malformed_is_refused(tmp_path: Path, document: dict[str, Any], edit: Any) -> None:
    edit(document)
    with pytest.raises(RanwrightError) as caught:
        load(tmp_path, document)
    assert caught.value.code == "scenario.malformed"


@pytest.mark.parametrize("text", ["", "- 1\n- 2\n", "{", "a: !!python/object:os.system {}"])
def test_not_a_scenario_at_all(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RanwrightError) as caught:
        load_scenario(str(path))
    assert caught.value.code == "scenario.malformed"


def test_every_ray_traced_scenario_covers_its_ues_and_uses_every_cell() -> None:
    for name in ("munich", "florence", "etoile"):
        scenario = load_scenario(name)
        links = load_link_map(scenario)
        start = {s.cell_id: float(s.configured_max_tx_power_mw) for s in scenario.sectors}
        state = street_map(scenario, links, start)
        share = np.bincount(state.best_cell[state.served], minlength=len(start))
        assert state.served.sum() > 10 * scenario.ue_count
        assert share.min() > 0.015 * share.sum(), name
        policy = Path(str(files("agents"))) / "service" / "policies" / f"{name}.yaml"
        assert load_policy(policy).action.allowed_cells == scenario.cell_ids


ONE_MISTAKE = [
    ("azimuth_deg: 300.0", "azimuth_deg: 400", r"edited.yaml:24: sites\[0\].sectors\[2\]"
     r".azimuth_deg is 400; it must be a number at least 0 and below 360"),
    ("grid_step_m: 6.0", "grid_step_m: six", "channel.grid_step_m is 'six'; it must be a number"),
    ("scene: munich", "scenery: munich", "channel.scenery is unknown; scene is meant, perhaps"),
    ("kind: ray_traced", "kind: dreamt", "channel.kind is 'dreamt'; known are 'ray_traced'"),
    ("-18.0, 40.0]", "-18.0]", r"sites\[0\].position_m\[2\] is missing; it must be a number"),
    ("mw: 40000}", "mw: 39999}", "cell 1 starts with 39999 mW.* nearest power is 40000 mW"),
    ("cell_id: 2,", "cell_id: 1,", r"distinct and ascending over the sites, not \[1, 1, 3"),
    ("ue_count: 100", "ue_count: 100\nue_count: 50", "edited.yaml:48: ue_count stands here a sec"),
    ("{activity: 0.95}", "{activity: 0.95", "edited.yaml:50: is not YAML: .* at column 1"),
    ("ue_min_rsrp_dbm: -105.0", "ue_min_rsrp_dbm:", "ue_min_rsrp_dbm is empty; it must be a num"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), ONE_MISTAKE)
def test_a_mistake_is_named_with_line_place_and_remedy(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = tmp_path / "edited.yaml"
    text = scenario_path("munich").read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RanwrightError, match=message) as caught:
        load_scenario(str(path))
    assert caught.value.code == "scenario.malformed"
    assert len(caught.value.message) < 400


def test_many_mistakes_are_listed_in_order_of_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("\n".join(f"key{i}: {i}" for i in range(20)), encoding="utf-8")
    with pytest.raises(RanwrightError) as caught:
        load_scenario(str(path))
    lines = caught.value.message.splitlines()
    assert len(lines) == 9
    assert lines[-1].startswith("and ")


def test_the_guide_lists_every_field_of_the_model() -> None:
    """Stale? python -m twins.scenario_fields docs/guide/scenario.md."""
    guide = Path(__file__).parents[2] / "docs" / "guide" / "scenario.md"
    tables = guide.read_text(encoding="utf-8").partition(TABLES_FOLLOW)[2]
    assert tables == guide_table(Scenario)
    assert "`azimuth_deg` | a number at least 0 and below 360" in tables
