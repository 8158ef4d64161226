"""Published contracts: each gives a JSON Schema, and each number says its unit in its name."""

import re
from collections.abc import Iterator
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel

from contracts.errors import ExitCode, RanwrightError
from contracts.schemas import SCHEMAS, json_schema

UNITS = "mw|w|dbm|db|mbps|mbit|percent|share|ms|s|decidegrees|factor|probability|probability_bound"
NAMED_UNIT = re.compile(rf"(^|_)({UNITS})$")
WITHOUT_UNIT = {
    **dict.fromkeys(
        (
            "rollouts",
            "missed_rollouts",
            "max_attempts",
            "max_changed_cells",
            "automatic_up_to_changed_cells",
            "connected_ues",
            "reports",
            "drops",
            "ues_per_drop",
            "failed_tests",
            "canary_cells",
            "outcomes",
            "plants",
            "max_live",
            "interior_points",
            "corners",
            "interior_missed_rollouts",
            "interior_outside",
        ),
        "a number of things, which the name says",
    ),
    **dict.fromkeys(
        ("cell_id", "cells", "allowed_cells", "objective_cells", "serving_cell", "ue_id"),
        "an identifier",
    ),
    **dict.fromkeys(
        (
            "may_send",
            "received_types",
            "sent_types",
            "policy_types",
            "shared_policy_types",
        ),
        "numbers that name message types and policy types",
    ),
    **dict.fromkeys(("resource_version", "expected_version", "attempt", "priority"), "an ordinal"),
    **dict.fromkeys(
        (
            "before",
            "threshold",
            "measured",
            "before_median",
            "after_low",
            "after_median",
            "after_high",
            "predicted_low",
            "predicted_median",
            "predicted_high",
            "before_in_kpi_unit",
            "after_in_kpi_unit",
            "level_in_kpi_unit",
            "difference_in_kpi_unit",
            "low",
            "high",
        ),
        "in the catalogue's unit of the `kpi` that stands beside it",
    ),
    **dict.fromkeys(
        ("hard_range", "literals", "default", "scale", "multiple_of"),
        "in the `unit` that stands beside it, as the specification gives it",
    ),
    **dict.fromkeys(
        (
            "confidence",
            "score",
            "worst_margin",
            "p_value",
            "least_p_value",
            "ks_distance",
            "allowed_distance",
            "company_median_distance",
            "familiarity",
        ),
        "a share of one by definition",
    ),
    **dict.fromkeys(
        ("half_widths", "max_half_widths", "worst_residual"),
        "a number of half-widths of an interval",
    ),
    "offset": "in the `real_unit` that stands beside it",
    "size": "a count of bits, or of entries of a list",
    "discrepancy": "only to be compared with that of other plants",
    "expected": "in the unit that the `name` beside it says",
    "runtime": "versions by name",
    "objective_value": "in the tool's own scale, only to be compared",
    "intent_priority": "a rank, TS 28.312",
    "seed": "the seed of a random generator",
}
"""Numbers whose name needs no unit, and why."""


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_published_contract_has_a_json_schema(name):
    schema = json_schema(name)
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    assert schema["description"]
    assert schema == json_schema(SCHEMAS[name].__name__)


@pytest.mark.parametrize("name", ["", "polcy", "Policy ", "contracts.policy", "__class__"])
def test_an_unknown_contract_is_a_usage_error(name):
    with pytest.raises(RanwrightError) as caught:
        json_schema(name)
    assert caught.value.code == "schema.unknown"
    assert caught.value.exit_code is ExitCode.USAGE
    assert "network_snapshot" in caught.value.remedy


@pytest.mark.parametrize("kind", SCHEMAS.values(), ids=SCHEMAS)
def test_every_number_carries_its_unit_or_needs_none(kind):
    unnamed = {
        f"{model.__name__}.{field}"
        for model, field in numbers(kind)
        if not NAMED_UNIT.search(field) and field not in WITHOUT_UNIT
    }
    assert not unnamed, "name the unit, or explain in WITHOUT_UNIT why there is none"


def test_the_list_of_exceptions_holds_no_dead_names():
    used = {field for kind in SCHEMAS.values() for _, field in numbers(kind)}
    assert set(WITHOUT_UNIT) <= used


def numbers(kind: type[BaseModel]) -> Iterator[tuple[type[BaseModel], str]]:
    """All numeric fields of a contract and of everything it holds."""
    seen: set[type[BaseModel]] = set()
    waiting = [kind]
    while waiting:
        model = waiting.pop()
        if model in seen:
            continue
        seen.add(model)
        for name, field in model.model_fields.items():
            if is_numeric(field.annotation):
                yield model, name
            waiting += held_models(field.annotation)


def is_numeric(annotation: Any) -> bool:
    if annotation in (int, float):
        return True
    if get_origin(annotation) is dict:
        return is_numeric(get_args(annotation)[1])
    return any(is_numeric(a) for a in get_args(annotation))


def held_models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for a in get_args(annotation) for model in held_models(a)]
