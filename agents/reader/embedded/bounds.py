"""From what a bound means and its amount to comparator, sign and number, here alone."""

from agents.reader.clause import ReadingError
from agents.reader.embedded.amounts import Amount, watts
from contracts.intent import Verb
from contracts.requirement import Condition, RelativeChange
from contracts.target import (
    HIGHER_IS_BETTER,
    TARGET_UNITS,
    Aggregate,
    Difference,
    Level,
    Target,
    TargetBound,
    TargetKpi,
)
from tools.language.marks import Meaning

_COUNTS = frozenset({"UE", "handovers"})
_LEVELS = frozenset(
    {
        Meaning.KEEP_AT_LEAST,
        Meaning.KEEP_AT_MOST,
        Meaning.BRING_AT_LEAST,
        Meaning.BRING_AT_MOST,
        Meaning.REACH,
    }
)
_DELIVERED = frozenset(
    {
        Meaning.RISE_BY,
        Meaning.FALL_BY,
        Meaning.IMPROVE_BY,
        Meaning.BRING_AT_LEAST,
        Meaning.BRING_AT_MOST,
        Meaning.REACH,
    }
)
_HOLDS = frozenset({Meaning.NO_RISE, Meaning.NO_FALL, Meaning.NO_WORSE})
_MOST_TIMES = 1000.0


def verb(meaning: Meaning) -> Verb:
    """Of an expectation with such a bound."""
    return "DELIVER" if meaning in _DELIVERED else "ENSURE"


def targets(
    kpi: TargetKpi, aggregate: Aggregate, meaning: Meaning, amount: Amount | None
) -> tuple[Target, ...]:
    """What a bound asks of a KPI.

    Args:
        amount: None for bounds without a number.

    Raises:
        ReadingError: ``intent.bad_amount`` with what is missing, ``intent.infeasible``.
    """
    better_up = kpi in HIGHER_IS_BETTER
    if meaning in _HOLDS:
        least = meaning is Meaning.NO_FALL or (meaning is Meaning.NO_WORSE and better_up)
        return (_target(kpi, aggregate, least, RelativeChange(change_percent=0.0)),)
    if amount is None:
        raise ReadingError("intent.missing_amount", "By how much?", ("amount",))
    if meaning in _LEVELS:
        least = meaning in (Meaning.KEEP_AT_LEAST, Meaning.BRING_AT_LEAST) or (
            meaning is Meaning.REACH and better_up
        )
        return (_target(kpi, aggregate, least, _level(kpi, amount)),)
    if meaning is Meaning.WITHIN:
        down, up = _change(kpi, amount, rises=False), _change(kpi, amount, rises=True)
        return _target(kpi, aggregate, True, down), _target(kpi, aggregate, False, up)
    rises = _rises(meaning, better_up)
    wished = meaning in (Meaning.RISE_BY, Meaning.FALL_BY, Meaning.IMPROVE_BY)
    return (_target(kpi, aggregate, rises is wished, _change(kpi, amount, rises)),)


def _rises(meaning: Meaning, better_up: bool) -> bool:
    if meaning is Meaning.IMPROVE_BY:
        return better_up
    if meaning is Meaning.MAY_WORSEN_BY:
        return not better_up
    return meaning in (Meaning.RISE_BY, Meaning.MAY_RISE_BY)


def _target(kpi: TargetKpi, aggregate: Aggregate, least: bool, bound: TargetBound) -> Target:
    condition = Condition.AT_LEAST if least else Condition.AT_MOST
    try:
        return Target(kpi=kpi, aggregate=aggregate, condition=condition, bound=bound)
    except ValueError as error:
        raise _impossible(f"{kpi.value} never has that value.") from error


def _level(kpi: TargetKpi, amount: Amount) -> Level:
    unit = TARGET_UNITS[kpi]
    match amount.kind:
        case "dbm" if unit == "dBm":
            return Level(level_in_kpi_unit=amount.value)
        case "dbm" if unit == "W":
            return Level(level_in_kpi_unit=watts(amount.value))
        case "percent" if unit == "%":
            return Level(level_in_kpi_unit=amount.value)
        case "measure" if amount.unit == unit:
            return Level(level_in_kpi_unit=amount.value)
        case "bare" if unit in _COUNTS:
            return Level(level_in_kpi_unit=amount.value)
    raise _unit(kpi, amount)


def _change(kpi: TargetKpi, amount: Amount, rises: bool) -> TargetBound:
    if amount.value < 0.0:
        raise ReadingError("intent.bad_amount", "A change by less than nothing.", ("amount",))
    sign, unit = (1.0 if rises else -1.0), TARGET_UNITS[kpi]
    match amount.kind:
        case "percent":
            return _relative(sign * amount.value)
        case "part":
            return _relative(sign * 100.0 * amount.value)
        case "factor":
            return _relative(_times(amount.value, rises))
        case "db" if unit == "dBm":
            return Difference(difference_in_kpi_unit=sign * amount.value)
        case "db":
            return _relative(100.0 * (10.0 ** (sign * amount.value / 10.0) - 1.0))
        case "points" if unit == "%":
            return Difference(difference_in_kpi_unit=sign * amount.value)
        case "measure" if amount.unit == unit and unit != "%":
            return Difference(difference_in_kpi_unit=sign * amount.value)
        case "bare" if unit in _COUNTS:
            return Difference(difference_in_kpi_unit=sign * amount.value)
    raise _unit(kpi, amount)


def _times(factor: float, rises: bool) -> float:
    """Per cent more: of a multiple, or of what a division leaves."""
    share = factor if (factor >= 1.0) is rises or factor == 0.0 else 1.0 / factor
    return 100.0 * (share - 1.0)


def _relative(percent: float) -> RelativeChange:
    if percent < -100.0 or percent > 100.0 * _MOST_TIMES:
        raise _impossible(f"A change by {percent:g} %.")
    return RelativeChange(change_percent=percent)


def _unit(kpi: TargetKpi, amount: Amount) -> ReadingError:
    what = "unit" if amount.kind in ("bare", "measure", "points", "dbm") else "reference"
    return ReadingError(
        "intent.bad_amount",
        f"{amount.value:g} of what? {kpi.value} is in {TARGET_UNITS[kpi]}.",
        (what,),
    )


def _impossible(detail: str) -> ReadingError:
    return ReadingError("intent.infeasible", detail)
