"""Cards: the texts under which a parameter can be found by meaning."""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from contracts.canonical import Contract
from contracts.dictionary import ParameterRecord, records


class Card(Contract):
    """One text to embed, and the record it leads to."""

    card_id: str
    parameter_id: str
    text: str

    @property
    def is_meaning(self) -> bool:
        """Whether the text says what the parameter does; the others are bare names."""
        return self.card_id.endswith("#0")


_WORDS_BY_SPEC = {
    "TS 28.541": "network resource model nrm attribute",
    "TS 28.552": "performance measurement counter pm kpi statistic",
    "TS 38.331": "rrc",
    "TS 38.413": "ngap ng core",
    "TS 38.423": "xnap xn neighbouring node",
    "TS 28.312": "intent expectation",
    "O-RAN.WG2.A1TD": "a1 policy",
    "O-RAN.WG3.E2SM-RC": "e2 ran control service model rc",
    "O-RAN.WG3.E2SM-CCC": "e2 cell configuration and control ccc model",
    "O-RAN.WG3.E2SM-KPM": "e2 kpm",
    "O-RAN.WG4.MP": "m plane o-ru radio unit",
}
"""What engineers call the model that a parameter belongs to: a soft preference for one named."""


@cache
def phrases() -> Mapping[str, tuple[str, ...]]:
    """How people ask for a parameter who do not know its name, by its id.

    Written from the cards alone, by who had seen no question of the benchmark.
    """
    lines = files("knowledge").joinpath("phrases.jsonl").read_text(encoding="utf-8").splitlines()
    return {entry["id"]: tuple(entry["phrases"]) for entry in map(json.loads, lines)}


def cards() -> tuple[Card, ...]:
    """A card for each record's meaning, one for its name, its aliases and its phrases each."""
    return tuple(card for record in records() for card in _cards_of(record))


def _cards_of(record: ParameterRecord) -> list[Card]:
    words = spoken(record.name)
    asked = phrases().get(record.id, ())
    texts = [f"{words}: {record.meaning}", *dict.fromkeys((words, *record.aliases, *asked))]
    return [
        Card(card_id=f"{record.id}#{n}", parameter_id=record.id, text=text)
        for n, text in enumerate(texts)
    ]


def context(record: ParameterRecord) -> str:
    """All words of a record in one text, with what its specification is called."""
    model = _WORDS_BY_SPEC.get(record.spec, "")
    names = f"{record.name} {record.path} {record.spec} {model}"
    asked = phrases().get(record.id, ())
    return f"{names} {record.meaning} {' '.join((*record.aliases, *asked))}"


def spoken(name: str) -> str:
    """An identifier as words: ``configuredMaxTxPower`` -> ``configured Max Tx Power``."""
    return " ".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)) or name
