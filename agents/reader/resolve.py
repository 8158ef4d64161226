"""A clause to a comparator and a bound: where polarity is decided, once, for every reader."""

from agents.reader.clause import Amount, Clause, Comparator, Direction, ReadingError, Relation
from contracts.kpi import CATALOGUE, Kpi
from contracts.requirement import (
    Bound,
    Condition,
    PowerBound,
    RatioBound,
    RelativeChange,
    ThroughputBound,
)

_MAX_PERCENT = 10_000.0
_MAX_BY_UNIT = {"mbps": 1e6, "w": 1e6, "percent": 100.0}
_WORSE = (Relation.WORSE_NOW, Relation.BETTER_NOW)


def resolve(clause: Clause, kpi: Kpi) -> tuple[Condition, Bound]:
    """The comparator and bound that a clause asks of its KPI.

    Raises:
        ReadingError: a question (``missing`` is filled) or a refusal, with its code.
    """
    _check_sign(clause.amount)
    direction = _plain(clause.direction, kpi)
    if clause.refrain:
        return _refrain(clause, kpi, direction)
    if direction is not None and clause.relation is Relation.TO:
        return _target(clause, kpi, direction)
    if direction is not None:
        return _change(clause, kpi, direction)
    return _level(clause, kpi)


def _plain(direction: Direction | None, kpi: Kpi) -> Direction | None:
    higher_is_better = CATALOGUE[kpi].better == "higher"
    match direction:
        case "better":
            return "up" if higher_is_better else "down"
        case "worse":
            return "down" if higher_is_better else "up"
        case _:
            return direction


def _refrain(clause: Clause, kpi: Kpi, direction: Direction | None) -> tuple[Condition, Bound]:
    # "without raising": at most now. "without raising by more than 5 %": at most 5 % above now.
    if direction is None:
        raise ReadingError("intent.unclear", "What must not happen?", ("direction",))
    condition = Condition.AT_MOST if direction == "up" else Condition.AT_LEAST
    if clause.amount is None:
        return condition, RelativeChange(change_percent=0.0)
    if clause.comparator is not Comparator.MORE_THAN or clause.relation is not Relation.BY:
        raise ReadingError(
            "intent.ambiguous_amount",
            "How far may it move? Say 'by more than ...' after what must not happen.",
            ("amount",),
        )
    return condition, _relative(clause.amount, kpi, direction)


def _change(clause: Clause, kpi: Kpi, direction: Direction) -> tuple[Condition, Bound]:
    if clause.amount is None:
        raise ReadingError("intent.missing_amount", f"By how much shall {kpi} change?", ("amount",))
    if clause.relation not in (None, Relation.BY):
        # "raise it to be 20 % above now" and the like: the level says it all.
        return _agreeing(_level(clause, kpi, direction), direction)
    if clause.comparator not in (None, Comparator.AT_LEAST, Comparator.MORE_THAN):
        raise ReadingError(
            "intent.ambiguous_amount",
            f"'{direction} by at most' asks for nothing definite: by how much at least?",
            ("amount",),
        )
    if clause.amount.kind in ("mbps", "w") and clause.relation is None:
        raise ReadingError(
            "intent.ambiguous_amount",
            "Is that amount a change ('by') or a target ('to')?",
            ("relation",),
        )
    condition = Condition.AT_LEAST if direction == "up" else Condition.AT_MOST
    return condition, _relative(clause.amount, kpi, direction)


def _target(clause: Clause, kpi: Kpi, direction: Direction) -> tuple[Condition, Bound]:
    if clause.amount is None:
        raise ReadingError("intent.missing_amount", f"To what shall {kpi} change?", ("amount",))
    return _agreeing(_level(clause, kpi, direction), direction)


def _agreeing(asked: tuple[Condition, Bound], direction: Direction) -> tuple[Condition, Bound]:
    condition, bound = asked
    if condition is not (Condition.AT_LEAST if direction == "up" else Condition.AT_MOST):
        raise ReadingError(
            "intent.contradictory", f"The change goes {direction}, but the bound the other way."
        )
    if isinstance(bound, RelativeChange) and bound.change_percent * _sign(direction) < 0:
        raise ReadingError(
            "intent.contradictory", f"The change goes {direction}, but the target the other way."
        )
    return condition, bound


def _level(clause: Clause, kpi: Kpi, direction: Direction | None = None) -> tuple[Condition, Bound]:
    comparator = clause.comparator
    better = CATALOGUE[kpi].better
    if clause.relation is Relation.BY:
        raise ReadingError("intent.unclear", f"Shall {kpi} rise or fall by that?", ("direction",))
    if clause.amount is None:
        if not (clause.against_now if comparator is not None else clause.hold):
            raise ReadingError("intent.missing_amount", f"What shall {kpi} be?", ("amount",))
        condition = _condition(comparator or Comparator.NO_WORSE, better)
        return condition, RelativeChange(change_percent=0.0)
    relative = _level_change(clause, kpi, clause.amount)
    if comparator is None:
        comparator = _implied(clause, kpi, relative, direction)
    condition = _condition(comparator, better)
    if relative is None:
        return condition, _absolute(clause.amount, kpi)
    if relative < 0 and _flips(clause, comparator):
        condition = Condition.AT_MOST if condition is Condition.AT_LEAST else Condition.AT_LEAST
    if relative == 0:
        return condition, RelativeChange(change_percent=0.0)
    return condition, _bounded_change(relative)


def _flips(clause: Clause, comparator: Comparator) -> bool:
    # "at most 5 % below now" bounds the loss, so the value is at least 95 % of now.
    below = clause.relation is Relation.BELOW_NOW or clause.relation in _WORSE
    return (
        below
        and clause.comparator is not None
        and comparator not in (Comparator.VALUE_ABOVE, Comparator.VALUE_BELOW, Comparator.NO_WORSE)
    )


def _level_change(clause: Clause, kpi: Kpi, amount: Amount) -> float | None:
    """The signed percentage against now, or ``None`` where the amount is a value of the KPI."""
    relation = clause.relation
    if amount.kind == "factor":
        if relation not in (None, Relation.TO, Relation.OF_NOW):
            raise ReadingError("intent.unclear", "Say that multiple as a percentage.", ("amount",))
        return (amount.value - 1.0) * 100.0
    if amount.kind == "db":
        return _decibels(amount, kpi, 1.0 if relation is not Relation.BELOW_NOW else -1.0)
    if amount.kind != "percent" or relation in (None, Relation.TO):
        return None
    if CATALOGUE[kpi].unit == "percent":
        raise _percent_of_percent(kpi)
    if relation is Relation.OF_NOW:
        return amount.value - 100.0
    up = {Relation.BELOW_NOW: -1.0, Relation.ABOVE_NOW: 1.0}.get(relation)
    if up is None:
        higher = CATALOGUE[kpi].better == "higher"
        up = 1.0 if (relation is Relation.BETTER_NOW) is higher else -1.0
    return up * amount.value


def _implied(
    clause: Clause, kpi: Kpi, relative: float | None, direction: Direction | None
) -> Comparator:
    if direction is not None:
        return Comparator.VALUE_ABOVE if direction == "up" else Comparator.VALUE_BELOW
    if clause.limit:
        return Comparator.VALUE_BELOW
    if relative is not None and relative != 0 and not clause.limit:
        higher = CATALOGUE[kpi].better == "higher"
        if (relative > 0) is higher:
            return Comparator.VALUE_ABOVE if relative > 0 else Comparator.VALUE_BELOW
    raise ReadingError(
        "intent.missing_comparator", f"Shall {kpi} be at least or at most that?", ("comparator",)
    )


def _condition(comparator: Comparator, better: str) -> Condition:
    match comparator:
        case Comparator.AT_LEAST | Comparator.MORE_THAN | Comparator.VALUE_ABOVE:
            return Condition.AT_LEAST
        case Comparator.AT_MOST | Comparator.LESS_THAN | Comparator.VALUE_BELOW:
            return Condition.AT_MOST
        case Comparator.NO_WORSE:
            return Condition.AT_LEAST if better == "higher" else Condition.AT_MOST


def _relative(amount: Amount, kpi: Kpi, direction: Direction) -> RelativeChange:
    sign = _sign(direction)
    match amount.kind:
        case "percent":
            if CATALOGUE[kpi].unit == "percent":
                raise _percent_of_percent(kpi)
            return _bounded_change(sign * amount.value)
        case "factor":
            if amount.value == 0:
                raise ReadingError("intent.bad_amount", "A factor of 0 is no change to ask for.")
            ratio = amount.value if direction == "up" else 1.0 / amount.value
            return _agreeing_change((ratio - 1.0) * 100.0, sign)
        case "db":
            return _bounded_change(_decibels(amount, kpi, sign))
        case "bare":
            raise _no_unit(amount)
        case _:
            raise ReadingError(
                "intent.absolute_change",
                f"Give the change of {kpi} in percent, or the value that it shall reach.",
                ("amount",),
            )


def _agreeing_change(change_percent: float, sign: float) -> RelativeChange:
    if change_percent * sign <= 0:
        raise ReadingError("intent.contradictory", "That multiple goes the other way.")
    return _bounded_change(change_percent)


def _bounded_change(change_percent: float) -> RelativeChange:
    change = round(change_percent, 6)
    if change == 0:
        raise ReadingError("intent.bad_amount", "A change of 0 is no change.", ("amount",))
    if change <= -100 or change > _MAX_PERCENT:
        raise ReadingError("intent.bad_amount", f"A change of {change:+g} % makes no sense.")
    return RelativeChange(change_percent=change)


def _decibels(amount: Amount, kpi: Kpi, sign: float) -> float:
    if kpi not in (Kpi.TX_POWER_TOTAL, Kpi.PEE_AVG_POWER):
        raise ReadingError("intent.bad_amount", f"{kpi} does not change in dB.")
    return float((10.0 ** (sign * amount.value / 10.0) - 1.0) * 100.0)


def _absolute(amount: Amount, kpi: Kpi) -> Bound:
    unit = CATALOGUE[kpi].unit
    if amount.kind == "bare":
        raise _no_unit(amount)
    if amount.kind == "percent" and unit != "percent":
        raise ReadingError(
            "intent.missing_reference",
            f"{amount.value:g} % of what? Say 'of now', 'above now' or 'below now'.",
            ("reference",),
        )
    if amount.kind != unit:
        raise ReadingError("intent.bad_amount", f"{kpi} is not measured in that unit.")
    if amount.value > _MAX_BY_UNIT[unit]:
        raise ReadingError(
            "intent.bad_amount", f"{amount.value:g} {unit} makes no sense for {kpi}."
        )
    match unit:
        case "mbps":
            return ThroughputBound(threshold_mbps=amount.value)
        case "w":
            return PowerBound(threshold_w=amount.value)
        case "percent":
            return RatioBound(threshold_percent=amount.value)


def _check_sign(amount: Amount | None) -> None:
    if amount is not None and amount.value < 0:
        raise ReadingError("intent.bad_amount", "A negative amount: say which way instead.")


def _sign(direction: Direction) -> float:
    return 1.0 if direction == "up" else -1.0


def _no_unit(amount: Amount) -> ReadingError:
    return ReadingError("intent.missing_unit", f"{amount.value:g} of which unit?", ("unit",))


def _percent_of_percent(kpi: Kpi) -> ReadingError:
    return ReadingError(
        "intent.ambiguous_percent",
        f"{kpi} is itself a percentage: which value shall it have at most?",
        ("amount",),
    )
