"""Cards against ASN.1: range, literals, size and kind of each card that names its field."""

from collections.abc import Iterable
from enum import StrEnum

from contracts.canonical import Contract
from contracts.dictionary import ParameterRecord
from knowledge.asn1.cache import Facts
from knowledge.asn1.facts import Fact, without_release

_KINDS = {
    "BOOLEAN": "boolean",
    "INTEGER": "integer",
    "ENUMERATED": "enumerated",
    "BIT STRING": "bits",
    "OCTET STRING": "bits",
    "SEQUENCE OF": "list",
    "SET OF": "list",
    "IA5String": "text",
    "PrintableString": "text",
    "UTF8String": "text",
    "VisibleString": "text",
}


class Finding(StrEnum):
    """What the check found of a card."""

    AGREES = "agrees"
    DIFFERS = "differs"
    GONE = "gone"
    OTHER_SOURCE = "other source"
    UNVERIFIED = "unverified"


FAILURES = (Finding.DIFFERS, Finding.GONE)
"""Findings that end the check with an error."""


class CardCheck(Contract):
    """The finding of one card: agrees with ASN.1, differs, names a field that is not there (gone).

    Cards without ASN.1 rest on another named source, or on none (unverified).
    """

    parameter_id: str
    asn1: str | None
    finding: Finding
    differences: tuple[str, ...] = ()


def check_cards(cards: Iterable[ParameterRecord], facts: Facts) -> tuple[CardCheck, ...]:
    """The findings, one a card, in the order of the cards."""
    return tuple(_check(card, facts) for card in cards)


def _check(card: ParameterRecord, facts: Facts) -> CardCheck:
    if card.asn1 is None:
        finding = Finding.OTHER_SOURCE if card.verified else Finding.UNVERIFIED
        return CardCheck(parameter_id=card.id, asn1=None, finding=finding)
    fact = facts.get(card.asn1)
    if fact is None:
        return CardCheck(parameter_id=card.id, asn1=card.asn1, finding=Finding.GONE)
    differences = tuple(_differences(card, fact))
    finding = Finding.DIFFERS if differences else Finding.AGREES
    return CardCheck(parameter_id=card.id, asn1=card.asn1, finding=finding, differences=differences)


def _differences(card: ParameterRecord, fact: Fact) -> Iterable[str]:
    if card.value_type is not None and card.value_type != _KINDS[fact.kind]:
        yield f"kind: card {card.value_type}, ASN.1 {fact.kind}"
    if fact.kind == "INTEGER":
        asn1 = (fact.low, fact.high)
        if card.hard_range != asn1:
            yield f"range: card {_range(card.hard_range)}, ASN.1 {_range(asn1)}"
    elif fact.literals is not None:
        asn1_literals = tuple(without_release(literal) for literal in fact.literals)
        if card.literals != asn1_literals:
            yield f"literals: card {card.literals}, ASN.1 {asn1_literals}"
    elif fact.size is not None and card.size != fact.size:
        yield f"size: card {_range(card.size)}, ASN.1 {_range(fact.size)}"


def _range(bounds: tuple[float | None, float | None] | None) -> str:
    if bounds is None:
        return "none"
    return "..".join("" if bound is None else f"{bound:g}" for bound in bounds)
