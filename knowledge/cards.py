"""Cards: the texts under which a parameter can be found by meaning."""

import re

from contracts.canonical import Contract
from contracts.dictionary import ParameterRecord, records


class Card(Contract):
    """One text to embed, and the record it leads to."""

    card_id: str
    parameter_id: str
    text: str


def cards() -> tuple[Card, ...]:
    """A card for each record's meaning and one for each of its aliases."""
    return tuple(card for record in records() for card in _cards_of(record))


def _cards_of(record: ParameterRecord) -> list[Card]:
    words = spoken(record.name)
    texts = [f"{words}: {record.meaning}", *dict.fromkeys((words, *record.aliases))]
    return [
        Card(card_id=f"{record.id}#{n}", parameter_id=record.id, text=text)
        for n, text in enumerate(texts)
    ]


def spoken(name: str) -> str:
    """An identifier as words: ``configuredMaxTxPower`` -> ``configured Max Tx Power``."""
    return " ".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)) or name
