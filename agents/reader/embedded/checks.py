"""What code checks of a reading: nothing is left out, and nothing contradicts."""

import re
from collections.abc import Iterator, Sequence

from agents.reader.clause import ReadingError
from contracts.directory import Directory
from contracts.intent import IntentExpectation
from contracts.requirement import Condition, RelativeChange
from contracts.target import Difference, Level, Target, TargetKpi
from tools.language.marks import PLACES, Marks, Role

_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,:]\d+)*")
_MOST_RATE_MBPS = 100_000.0
_LEAST_DELAY_MS = 0.01
_RSRP_DBM = (-160.0, -20.0)


def check_cover(sentence: str, marks: Marks, directory: Directory) -> None:
    """Every number and every name of the network must be marked as something, whole.

    Raises:
        ReadingError: ``reader.left_over``: the reader has not understood all of the sentence.
    """
    covered = [(m.start, m.end) for m in marks.marks]
    left = [m.span() for m in _NUMBER.finditer(sentence)]
    known = (*directory.areas, *directory.ue_groups, *directory.slices, *directory.plmns)
    for name in (*known, *directory.bands):
        left += [m.span() for m in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", sentence, re.I)]
    for start, end in left:
        if not any(begin <= start and end <= stop for begin, stop in covered):
            raise ReadingError(
                "reader.left_over", f"What does {sentence[start:end]!r} mean here?", ("reference",)
            )


def check_used(marks: Marks) -> None:
    """Every KPI and place must be what some bound is about: none is dropped.

    Raises:
        ReadingError: ``reader.left_over``, about the bound that is missing.
    """
    used = {about for _, about in marks.links}
    for i, mark in enumerate(marks.marks):
        if i not in used and (mark.role is Role.KPI or mark.role in PLACES):
            raise ReadingError(
                "reader.left_over", f"What shall be with {mark.role.value}?", ("amount",)
            )


def check_together(expectations: Sequence[IntentExpectation]) -> None:
    """Bounds must be of this world, and hold together.

    Raises:
        ReadingError: ``intent.infeasible`` or ``intent.contradictory``.
    """
    floors: dict[tuple[object, ...], float] = {}
    ceilings: dict[tuple[object, ...], float] = {}
    for e, target in _targets(expectations):
        _check_feasible(target)
        kind, value = _bound(target)
        key = (e.expectation_object, target.kpi, target.aggregate, kind)
        if target.condition is Condition.AT_LEAST:
            floors[key] = max(value, floors.get(key, value))
        else:
            ceilings[key] = min(value, ceilings.get(key, value))
    if any(value > ceilings.get(key, value) for key, value in floors.items()):
        raise ReadingError("intent.contradictory", "No value can be both.")


def _targets(
    expectations: Sequence[IntentExpectation],
) -> Iterator[tuple[IntentExpectation, Target]]:
    for e in expectations:
        for target in e.expectation_targets:
            yield e, target


def _bound(target: Target) -> tuple[str, float]:
    match target.bound:
        case Level(level_in_kpi_unit=value):
            return "level", value
        case Difference(difference_in_kpi_unit=value):
            return (
                "change",
                value,
            )  # of one sign with the share of change, which is what counts here
        case RelativeChange(change_percent=value):
            return "change", value


def _check_feasible(target: Target) -> None:
    if not isinstance(target.bound, Level):
        return
    value, kpi = target.bound.level_in_kpi_unit, target.kpi
    rate = kpi in (TargetKpi.UE_THP_DL, TargetKpi.UE_THP_UL) and value > _MOST_RATE_MBPS
    delay = kpi in (TargetKpi.DELAY_DL, TargetKpi.DELAY_UL) and value < _LEAST_DELAY_MS
    beam = kpi is TargetKpi.BEAM_RSRP and not _RSRP_DBM[0] <= value <= _RSRP_DBM[1]
    if rate or delay or beam:
        raise ReadingError(
            "intent.infeasible", f"{kpi.value} never gets to {value:g} {target.unit}."
        )
