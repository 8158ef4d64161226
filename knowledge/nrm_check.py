"""Cards against ingested network resource models: range, literals, multiple and unit.

Only what a card and a solution set both state is compared.
"""

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from contracts.canonical import Contract
from contracts.dictionary import ParameterRecord
from knowledge.ingest.readers.attributes import MULTIPLE_OF, Attribute
from knowledge.nrm_fields import SOLUTION_SETS, NrmField, NrmFields, SolutionSet

_SPECS = ("TS 28.", "O-RAN.WG4.MP")
_SPAN = re.compile(
    r"(?P<low>-?\d+(?:\.\d+)?|min)?(?P<to>\s*\.\.\s*)?(?P<high>-?\d+(?:\.\d+)?|max)?"
)
_INTEGERS = re.compile(r"(-?\d{1,18})\s*\.\.\s*(-?\d{1,18})")
_MULTIPLE = re.compile(rf"(?:^| ){MULTIPLE_OF}(\d+(?:\.\d+)?)$")
_STATED = re.compile(r"(?<![\w.])(-?\d+(?:\.\d+)?|None)\.\.(-?\d+(?:\.\d+)?|None)(?![\w.])")
_MOST_LITERALS = 100_000
_TEXT = frozenset({"string", "binary", "leafref", "identityref", "instance-identifier"})
_UNITS = {
    "%": "percent",
    "bits": "bit",
    "bytes": "byte",
    "decibel": "dB",
    "degrees": "degree",
    "microsecond": "us",
    "microseconds": "us",
    "millisecond": "ms",
    "milliseconds": "ms",
    "milliwatt": "mW",
    "milliwatts": "mW",
    "percentage": "percent",
    "second": "s",
    "seconds": "s",
    "watt": "W",
    "watts": "W",
}

Span = tuple[float | None, float | None]


class NrmFinding(StrEnum):
    """What the check found of a card in one solution set."""

    AGREES = "agrees"
    DIFFERS = "differs"
    KNOWN_CONFLICT = "known conflict"
    NOT_THERE = "not there"
    STATES_NOTHING = "states nothing"


class NrmCheck(Contract):
    """The finding of one card in one solution set.

    ``places`` are the attributes that were compared; none where the attribute was not ingested.
    Differences that the card's conflicts tell of make a known conflict.
    """

    parameter_id: str
    solution_set: SolutionSet
    finding: NrmFinding
    places: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()


class _Compared(NamedTuple):
    aspect: str
    card: str
    source: str
    agrees: bool
    span: Span | None = None


def check_nrm(cards: Iterable[ParameterRecord], fields: NrmFields) -> tuple[NrmCheck, ...]:
    """Findings of the cards of management specifications, one a card and solution set."""
    return tuple(
        _check(card, solution_set, fields.of(card, solution_set))
        for card in cards
        if card.spec.startswith(_SPECS)
        for solution_set in SOLUTION_SETS
    )


def _check(card: ParameterRecord, solution_set: SolutionSet, fields: list[NrmField]) -> NrmCheck:
    compared = [
        one for field in fields for one in _compare(card, field.solution_set, field.attribute)
    ]
    differing = [one for one in compared if not one.agrees]
    if not fields:
        finding = NrmFinding.NOT_THERE
    elif not compared:
        finding = NrmFinding.STATES_NOTHING
    elif not differing:
        finding = NrmFinding.AGREES
    elif all(_known(card, solution_set, one) for one in differing):
        finding = NrmFinding.KNOWN_CONFLICT
    else:
        finding = NrmFinding.DIFFERS
    told = (f"{d.aspect}: card {d.card}, {solution_set} {d.source}" for d in differing)
    return NrmCheck(
        parameter_id=card.id,
        solution_set=solution_set,
        finding=finding,
        places=tuple(dict.fromkeys(field.place for field in fields)),
        differences=tuple(dict.fromkeys(told)),
    )


def _compare(
    card: ParameterRecord, solution_set: SolutionSet, attribute: Attribute
) -> Iterator[_Compared]:
    match = _MULTIPLE.search(attribute.values)
    step = match[1] if match else ""
    values = attribute.values.removesuffix(match[0]) if match else attribute.values
    if solution_set == "yang" and attribute.type.removesuffix("[]") in _TEXT:
        values = ""  # length, pattern or path
    if values and card.literals is not None:
        yield _literals(card, solution_set, values)
    elif values and card.hard_range is not None:
        yield _range(card.hard_range, values)
    if step and (card.multiple_of or card.value_type == "integer"):
        own = card.multiple_of or 1
        yield _Compared("multiple of", f"{own}", step, float(step) == own)
    if attribute.unit and card.unit is not None:
        agrees = _unit(card.unit) == _unit(attribute.unit)
        yield _Compared("unit", card.unit, attribute.unit, agrees)


def _literals(card: ParameterRecord, solution_set: SolutionSet, values: str) -> _Compared:
    own: Iterable[int | str] = card.literals or ()
    for spelling in card.solution_sets:
        if spelling.solution_set == solution_set:
            own = spelling.literals
    # The order of a management enumeration is not transmitted.
    card_set = frozenset(map(str, own))
    source_set = frozenset(_expanded(values))
    return _Compared(
        "literals", "|".join(map(str, own)), values.replace(" ", ""), card_set == source_set
    )


def _expanded(values: str) -> Iterator[str]:
    """Literals; of ranges of integers each one, so that ``-34..-3 | 0`` is 33 literals."""
    for part in values.split("|"):
        match = _INTEGERS.fullmatch(part.strip())
        low, high = (int(match[1]), int(match[2])) if match else (0, _MOST_LITERALS)
        if high - low < _MOST_LITERALS:
            yield from map(str, range(low, high + 1))
        else:
            yield part.strip()


def _range(own: tuple[float, float], values: str) -> _Compared:
    spans = [_span(part) for part in values.split("|")]
    card = f"{own[0]:g}..{own[1]:g}"
    known = [span for span in spans if span is not None]
    if len(known) < len(spans):
        return _Compared("range", card, values, agrees=False)
    low, high = known[0][0], known[-1][1]
    agrees = low in (None, own[0]) and high in (None, own[1])
    return _Compared("range", card, values, agrees, (low, high))


def _span(part: str) -> Span | None:
    """Bounds of ``a..b`` or ``a``; a bound that is left to the type is None."""
    match = _SPAN.fullmatch(part.strip())
    if match is None or not part.strip():
        return None
    low = _number(match["low"])
    return (low, low) if match["to"] is None else (low, _number(match["high"]))


def _number(text: str | None) -> float | None:
    return None if text in (None, "min", "max", "None") else float(str(text))


def _unit(text: str) -> str:
    """One spelling a unit; capitals count, ``mW`` is not ``MW``."""
    return " ".join(_UNITS.get(word.casefold(), word) for word in text.split())


def _known(card: ParameterRecord, solution_set: SolutionSet, difference: _Compared) -> bool:
    """Whether a conflict of the card tells of this difference.

    A conflict that states a range at a place (``openapi:... None..503``) is this range alone; one
    in words is any range, multiple or literals of the solution set it names. Units are named.
    """
    for conflict in card.conflicts:
        if solution_set not in conflict.casefold():
            continue
        if difference.aspect == "unit":
            if re.search(rf"(?<!\w){re.escape(difference.source)}(?!\w)", conflict):
                return True
            continue
        stated = _STATED.search(conflict) if conflict.startswith(f"{solution_set}:") else None
        if stated is None or difference.span == (_number(stated[1]), _number(stated[2])):
            return True
    return False
