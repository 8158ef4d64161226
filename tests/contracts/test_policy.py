"""The policy fails closed: missing, unreadable, unknown or too weak means that nothing is done."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.errors import ExitCode, RanwrightError
from contracts.kpi import Kpi
from contracts.policy import Policy, load_policy

SHIPPED = Path(str(files("agents"))) / "service" / "policies" / "munich.yaml"


def refusal(path: Path) -> RanwrightError:
    with pytest.raises(RanwrightError) as caught:
        load_policy(path)
    assert caught.value.exit_code is ExitCode.REFUSED
    assert str(path) in caught.value.remedy
    return caught.value


def written(folder: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    data = yaml.safe_load(SHIPPED.read_text())
    change(data)
    path = folder / "policy.yaml"
    path.write_text(yaml.safe_dump(data))
    return path


def test_the_shipped_policy_keeps_the_published_guard_rails():
    policy = load_policy(SHIPPED)
    rails = {r.name: r for r in policy.guard_rails}
    assert rails["no_ue_loses_coverage"].kpi is Kpi.COVERAGE_LOSS_RATIO
    assert rails["no_ue_loses_coverage"].bound.threshold_percent == 0
    assert rails["cell_mean_throughput"].bound.change_percent == -5
    assert rails["cell_mean_throughput"].applies_to == "each_cell"
    assert policy.verification.max_miss_probability <= 0.05
    assert policy.verification.confidence >= 0.95


def test_the_digest_follows_the_content_not_the_layout(tmp_path):
    rewritten = written(tmp_path, lambda data: None)
    assert load_policy(rewritten).digest == load_policy(SHIPPED).digest
    weaker = written(tmp_path, lambda data: data["action"].update(max_step_db=5))
    assert load_policy(weaker).digest != load_policy(SHIPPED).digest


def test_a_missing_policy_is_refused(tmp_path):
    assert refusal(tmp_path / "policy.yaml").code == "policy.missing"
    assert refusal(tmp_path).code == "policy.missing"  # a folder is no policy either


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"allow everything",
        b"{policy_id: x",
        b"\xff\xfe\x00",
        b"policy_id: !!python/object/apply:os.system [true]",
    ],
)
def test_what_is_no_policy_is_refused(tmp_path, content):
    path = tmp_path / "policy.yaml"
    path.write_bytes(content)
    assert refusal(path).code == "policy.malformed"


def test_half_a_policy_is_refused(tmp_path):
    path = tmp_path / "policy.yaml"
    lines = SHIPPED.read_text().splitlines(keepends=True)
    for kept in range(len(lines)):
        path.write_text("".join(lines[:kept]))
        assert refusal(path).code == "policy.malformed", f"the first {kept} lines were accepted"


WRONG: dict[str, Callable[[dict[str, Any]], Any]] = {
    "unknown field": lambda d: d.update(dry_run=True),
    "unknown field inside": lambda d: d["action"].update(allow_all=True),
    "unknown field of a guard-rail": lambda d: d["guard_rails"][0].update(optional=True),
    "no guard-rail": lambda d: d.update(guard_rails=[]),
    "unknown KPI": lambda d: d["guard_rails"][0].update(kpi="Happiness"),
    "unknown comparator": lambda d: d["guard_rails"][0].update(condition="at most"),
    "unknown scope": lambda d: d["guard_rails"][0].update(applies_to="some_cells"),
    "no cells": lambda d: d["action"].update(allowed_cells=[]),
    "no parameter": lambda d: d["action"].update(allowed_parameters=[]),
    "no step": lambda d: d["action"].update(max_step_db=0),
    "weak confidence": lambda d: d["verification"].update(confidence=0.9),
    "certain confidence": lambda d: d["verification"].update(confidence=1),
    "frequent misses": lambda d: d["verification"].update(max_miss_probability=0.2),
    "impossible certainty": lambda d: d["verification"].update(max_miss_probability=0),
    "few roll-outs": lambda d: d["verification"].update(rollouts=58),
    "no attempt": lambda d: d["verification"].update(max_attempts=0),
    "endless attempts": lambda d: d["verification"].update(max_attempts=11),
    "long validity": lambda d: d["certificate"].update(validity_s=86_401),
    "no watching": lambda d: d["certificate"].update(watch_window_ms=0),
    "a window of broken reports": lambda d: d["certificate"].update(watch_window_ms=60_100),
    "a window of hours": lambda d: d["certificate"].update(watch_window_ms=7_200_000),
    "a deadline inside the window": lambda d: d["certificate"].update(effect_deadline_ms=61_000),
    "a deadline inside a stage": lambda d: d["stages"].update(window_ms=240_000),
    "moves faster than reports": lambda d: d["activation"].update(least_interval_ms=100),
    "a broken window of promises": lambda d: d["activation"].update(watch_window_ms=10_100),
    "an envelope of no width": lambda d: d["activation"].update(max_half_width_db=0),
    "few interior points": lambda d: d["activation"].update(interior_points=31),
    "nobody approves": lambda d: d["activation"].pop("automatic"),
    "not a number": lambda d: d["thresholds"].update(weak_rsrp_dbm=float("nan")),
    "a word for a number": lambda d: d["verification"].update(rollouts="many"),
    "no xApp": lambda d: d["xapps"].update(allowed=[]),
    "an xApp twice": lambda d: d["xapps"]["allowed"].append(d["xapps"]["allowed"][0]),
    "control by another xApp": lambda d: d["xapps"]["allowed"][1].update(may_send=[12040]),
    "nobody approves an xApp": lambda d: d["xapps"]["allowed"][1].update(approval="nobody"),
    "possible only as an ignored key": lambda d: d["approval"].update(mode="off"),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_unknown_or_weaker_settings_are_refused(tmp_path, change):
    assert refusal(written(tmp_path, change)).code == "policy.malformed"


@pytest.mark.parametrize("section", Policy.model_fields)
def test_every_section_is_needed(tmp_path, section):
    assert refusal(written(tmp_path, lambda d: d.pop(section))).code == "policy.malformed"
