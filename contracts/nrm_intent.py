"""Intents as TS 28.312 has them in JSON: out of the planner, and into it.

Attribute names follow the OpenAPI definitions ``TS28312_IntentNrm`` and
``TS28312_IntentExpectations`` (V18.0.0): expectations with objects and their contexts, targets with
name, condition, value and contexts. Where the standard has a name for a target it is used
(``AveDLRANUEThpt``, ``DlLatency``, ...); else the KPI's own. The standard states no unit for most
targets, so a target context ``unit`` does, both ways; without one only shares are understood.
What is not known is refused, never dropped.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from contracts.errors import ExitCode, RanwrightError
from contracts.intent import Intent, IntentExpectation
from contracts.requirement import Condition, RelativeChange
from contracts.scope import Scope
from contracts.target import (
    TARGET_UNITS,
    Aggregate,
    Difference,
    Level,
    Target,
    TargetBound,
    TargetKpi,
)

STANDARD_NAMES: Mapping[tuple[TargetKpi, Aggregate], str] = MappingProxyType(
    {
        (TargetKpi.UE_THP_DL, Aggregate.MEAN): "AveDLRANUEThpt",
        (TargetKpi.UE_THP_UL, Aggregate.MEAN): "AveULRANUEThpt",
        (TargetKpi.DELAY_DL, Aggregate.MEAN): "DlLatency",
        (TargetKpi.DELAY_UL, Aggregate.MEAN): "UlLatency",
        (TargetKpi.WEAK_RSRP, Aggregate.MEAN): "WeakRSRPRatio",
        (TargetKpi.LOW_SINR, Aggregate.MEAN): "LowSINRRatio",
        (TargetKpi.PRB_LOAD_DL, Aggregate.MEAN): "AveDLPrbLoad",
        (TargetKpi.ENERGY, Aggregate.SUM): "RANEnergyConsumption",
        (TargetKpi.ENERGY_EFFICIENCY, Aggregate.MEAN): "RANEnergyEfficiency",
    }
)
_BY_NAME = {name: asked for asked, name in STANDARD_NAMES.items()}
_CONDITIONS = {
    "IS_EQUAL_TO_OR_GREATER_THAN": Condition.AT_LEAST,
    "IS_GREATER_THAN": Condition.AT_LEAST,
    "IS_EQUAL_TO_OR_LESS_THAN": Condition.AT_MOST,
    "IS_LESS_THAN": Condition.AT_MOST,
}
"""A measured value never decides between a bound that is included and one that is not."""

_OBJECT_CONTEXTS = {
    "area": "CoverageAreaPolygon",
    "plmn": "PLMN",
    "band": "NRFqBand",
    "slice_name": "Slice",
    "ue_group": "UEGroup",
}
_CELLS, _EACH = "cellLocalId", "perCell"
_AGGREGATE, _REFERENCE, _UNIT = "aggregate", "reference", "unit"


class _Nrm(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)


class _Context(_Nrm):
    context_attribute: str
    context_condition: Literal["IS_EQUAL_TO", "IS_ALL_OF", "IS_ONE_OF"]
    context_value_range: list[int | float | str | bool] | int | float | str | bool

    @property
    def values(self) -> list[Any]:
        value = self.context_value_range
        return value if isinstance(value, list) else [value]


class _Object(_Nrm):
    object_type: Literal["RAN_SubNetwork"]
    object_contexts: list[_Context] = Field(min_length=1)


class _Target(_Nrm):
    target_name: str
    target_condition: Literal[
        "IS_EQUAL_TO_OR_GREATER_THAN",
        "IS_GREATER_THAN",
        "IS_EQUAL_TO_OR_LESS_THAN",
        "IS_LESS_THAN",
    ]
    target_value_range: float
    target_contexts: list[_Context] = []


class _Expectation(_Nrm):
    expectation_id: str
    expectation_verb: Literal["DELIVER", "ENSURE"]
    expectation_objects: list[_Object] = Field(min_length=1, max_length=1)
    expectation_targets: list[_Target] = Field(min_length=1)


class _Intent(_Nrm):
    id: str | None = None
    user_label: str
    intent_priority: int = 1
    intent_expectations: list[_Expectation] = Field(min_length=1)


def to_nrm(intent: Intent) -> dict[str, Any]:
    """The intent under the standard's names.

    Raises:
        RanwrightError: ``intent.nrm_time`` for one with a time window, which is not written yet.
    """
    if intent.time_window is not None:
        raise _refused("intent.nrm_time", "Time windows have no form in this JSON yet.")
    return {
        "userLabel": intent.user_label,
        "intentPriority": intent.intent_priority,
        "intentExpectations": [
            {
                "expectationId": str(number),
                "expectationVerb": e.expectation_verb,
                "expectationObjects": [
                    {
                        "objectType": "RAN_SubNetwork",
                        "objectContexts": list(_written_scope(e.expectation_object)),
                    }
                ],
                "expectationTargets": [_written(target) for target in e.expectation_targets],
            }
            for number, e in enumerate(intent.intent_expectations, start=1)
        ],
    }


def from_nrm(document: bytes | str) -> Intent:
    """The intent of a JSON document.

    Raises:
        RanwrightError: ``intent.nrm_malformed`` with the place, for what is no such document or
            holds what is not known; ``intent.nrm_target``, ``intent.nrm_unit`` or
            ``intent.nrm_object`` for what cannot be asked for.
    """
    try:
        found = _Intent.model_validate_json(document)
        return Intent(
            user_label=found.user_label,
            intent_priority=found.intent_priority,
            intent_expectations=tuple(
                IntentExpectation(
                    expectation_verb=e.expectation_verb,
                    expectation_object=_scope(e.expectation_objects[0].object_contexts),
                    expectation_targets=tuple(_target(t) for t in e.expectation_targets),
                )
                for e in found.intent_expectations
            ),
        )
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise _refused("intent.nrm_malformed", f"{place}: {first['msg']}") from error


def _written_scope(scope: Scope) -> Iterator[dict[str, Any]]:
    if scope.cells:
        yield _context(_CELLS, "IS_ONE_OF", list(scope.cells))
    if scope.each:
        yield _context(_EACH, "IS_EQUAL_TO", True)
    for name, value in scope.narrowing.items():
        yield _context(_OBJECT_CONTEXTS[name], "IS_ALL_OF", [value])


def _written(target: Target) -> dict[str, Any]:
    name = STANDARD_NAMES.get((target.kpi, target.aggregate))
    contexts = [] if name else [_context(_AGGREGATE, "IS_EQUAL_TO", target.aggregate.value)]
    value, unit = _bound_value(target), target.unit
    if not isinstance(target.bound, Level):
        contexts.append(_context(_REFERENCE, "IS_EQUAL_TO", target.bound.kind))
        unit = "%" if isinstance(target.bound, RelativeChange) else unit
    return {
        "targetName": name or target.kpi.value,
        "targetCondition": target.condition.value,
        "targetValueRange": value,
        "targetContexts": [*contexts, _context(_UNIT, "IS_EQUAL_TO", unit)],
    }


def _bound_value(target: Target) -> float:
    match target.bound:
        case RelativeChange(change_percent=value):
            return value
        case Level(level_in_kpi_unit=value):
            return value
        case Difference(difference_in_kpi_unit=value):
            return value


def _context(attribute: str, condition: str, value: Any) -> dict[str, Any]:
    return {
        "contextAttribute": attribute,
        "contextCondition": condition,
        "contextValueRange": value,
    }


def _scope(contexts: list[_Context]) -> Scope:
    names = {written: name for name, written in _OBJECT_CONTEXTS.items()}
    fields: dict[str, Any] = {}
    for context in contexts:
        attribute, values = context.context_attribute, context.values
        one = len(values) == 1
        listed = one or context.context_condition != "IS_EQUAL_TO"
        key: str
        value: Any
        if attribute == _CELLS and listed and all(type(cell) is int for cell in values):
            key, value = "cells", tuple(sorted(values))
        elif attribute == _EACH and one and isinstance(values[0], bool):
            key, value = "each", values[0]
        elif attribute in names and one and isinstance(values[0], str):
            key, value = names[attribute], values[0]
        else:
            raise _refused("intent.nrm_object", f"{attribute} = {values} narrows in no known way.")
        if key in fields:
            raise _refused("intent.nrm_object", f"{attribute} is given twice.")
        fields[key] = value
    return Scope(**fields)


def _target(written: _Target) -> Target:
    contexts = {
        c.context_attribute: c.values[0]
        for c in written.target_contexts
        if len(c.values) == 1 and c.context_condition == "IS_EQUAL_TO"
    }
    unknown = set(contexts) - {_AGGREGATE, _REFERENCE, _UNIT}
    if unknown or len(contexts) != len(written.target_contexts):
        raise _refused(
            "intent.nrm_target",
            f"Of the contexts of {written.target_name} one is not known, stands twice, or is not"
            " one value with IS_EQUAL_TO.",
        )
    kpi, aggregate = _asked(written.target_name, contexts.get(_AGGREGATE))
    bound = _bound(contexts.get(_REFERENCE, "level"), written.target_value_range)
    unit = "%" if isinstance(bound, RelativeChange) else TARGET_UNITS[kpi]
    if contexts.get(_UNIT, "%") != unit:
        raise _refused(
            "intent.nrm_unit",
            f"{written.target_name} is understood in {unit}, said in a context `unit`; got"
            f" {contexts.get(_UNIT, 'none')}.",
        )
    return Target(
        kpi=kpi,
        aggregate=aggregate,
        condition=_CONDITIONS[written.target_condition],
        bound=bound,
    )


def _asked(name: str, aggregate: Any) -> tuple[TargetKpi, Aggregate]:
    if name in _BY_NAME and aggregate in (None, _BY_NAME[name][1].value):
        return _BY_NAME[name]
    try:
        return TargetKpi(name), Aggregate(aggregate)
    except ValueError as error:
        known = ", ".join([*_BY_NAME, *TargetKpi])
        raise _refused(
            "intent.nrm_target", f"No target {name} with aggregate {aggregate}; known: {known}."
        ) from error


def _bound(reference: Any, value: float) -> TargetBound:
    match reference:
        case "level":
            return Level(level_in_kpi_unit=value)
        case "relative_change":
            return RelativeChange(change_percent=value)
        case "difference":
            return Difference(difference_in_kpi_unit=value)
    raise _refused("intent.nrm_target", f"No reference {reference!r}.")


def _refused(code: str, message: str) -> RanwrightError:
    return RanwrightError(code, message, "See docs/guide/intents.md for the form.", ExitCode.USAGE)
