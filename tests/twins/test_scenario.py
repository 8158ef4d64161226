from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.errors import ExitCode, RanwrightError
from twins.scenario import Scenario, load_scenario, scenario_path


@pytest.fixture
def document() -> dict[str, Any]:
    value: dict[str, Any] = yaml.safe_load(scenario_path("munich").read_text(encoding="utf-8"))
    return value


def load(folder: Path, document: object) -> Scenario:
    path = folder / "edited.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return load_scenario(str(path))


@pytest.mark.parametrize(("name", "cells"), [("munich", 9), ("munich_lte", 9), ("uma", 21)])
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
