"""The dictionary in memory, and exact look-up by name, ``object.name`` or id."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from contracts.canonical import Digest, digest_bytes
from contracts.dictionary.record import ParameterRecord
from contracts.errors import RanwrightError


def _content() -> bytes:
    return files("contracts.dictionary").joinpath("parameters.jsonl").read_bytes()


@cache
def records() -> tuple[ParameterRecord, ...]:
    """All records, in file order."""
    return tuple(ParameterRecord.parse(line) for line in _content().splitlines() if line)


@cache
def dictionary_digest() -> Digest:
    """Content address of the dictionary file: names the version that a decision relied on."""
    return digest_bytes(_content())


@cache
def _by_key() -> Mapping[str, tuple[ParameterRecord, ...]]:
    found: dict[str, tuple[ParameterRecord, ...]] = {}
    for record in records():
        for key in {record.id, record.path, record.name}:
            found[key] = (*found.get(key, ()), record)
    return found


def lookup(name: str) -> ParameterRecord:
    """The record of exactly this name, ``object.name`` or id; case counts.

    Raises:
        RanwrightError: ``dictionary.unknown``, or ``dictionary.ambiguous`` with the candidates.
    """
    found = _by_key().get(name, ())
    if not found:
        folded = sorted({r.path for k, rs in _by_key().items() for r in rs if _near(k, name)})
        raise RanwrightError(
            "dictionary.unknown",
            f"No parameter is called {name[:100]!r}.",
            f"Did you mean {', '.join(folded)}?"
            if folded
            else "Search the dictionary for its name.",
        )
    if len(found) > 1:
        raise RanwrightError(
            "dictionary.ambiguous",
            f"{name!r} names several parameters: {', '.join(r.id for r in found)}.",
            "Use one of these ids.",
        )
    return found[0]


def _near(key: str, name: str) -> bool:
    return key.casefold() == name.casefold()
