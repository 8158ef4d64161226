"""Rules of the dictionary and ingested clauses for one question, by one answer."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from contracts.errors import ExitCode, RanwrightError
from contracts.evidence import Evidence
from contracts.passage import Passage
from knowledge.ingest.store import Entry, Store
from knowledge.search import rules_of, search


class Found(NamedTuple):
    """What answers, best first in each; both empty where nothing known comes near enough."""

    rules: tuple[Evidence, ...]
    passages: tuple[Passage, ...]


def find(
    query: str,
    k: int,
    place: Path,
    spec: str = "",
    version: str = "",
    told: Callable[[str, int, int], None] = lambda name, done, total: None,
) -> Found:
    """At most ``k`` rules and ``k`` passages.

    Args:
        query: words.
        k: most of each.
        place: the store of specifications; without one, rules alone are found.
        spec: this specification alone, of the dictionary and of the store.
        version: this version alone.
        told: as :func:`knowledge.retrieve.passages`.

    Raises:
        RanwrightError: ``knowledge.unknown_specification`` or ``knowledge.unknown_version`` where
            neither the dictionary nor the store has it; and as the two searches.
    """
    known = bool(rules_of(spec, version))
    found: tuple[Passage, ...] = ()
    if place.is_file():
        with Store(place, read_only=True) as store:
            if not (spec or version) or not known or _has(store.entries(spec), version):
                from knowledge.retrieve import passages  # heavy

                found = passages(query, k, store, spec or None, version or None, told)
    elif not known:
        raise _unknown(spec, version)
    return Found(tuple(search(query, k, spec, version)), found)


def _has(entries: list[Entry], version: str) -> bool:
    return any(not version or entry.version == version for entry in entries)


def _unknown(spec: str, version: str) -> RanwrightError:
    unknown = not rules_of(spec)
    return RanwrightError(
        "knowledge.unknown_specification" if unknown else "knowledge.unknown_version",
        f"{spec if unknown else f'Version {version}'} is not in the dictionary, and nothing was"
        " ingested.",
        "Ingest the specification: ranwright knowledge ingest.",
        ExitCode.USAGE,
    )
