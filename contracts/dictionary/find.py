"""What a person may have meant: names without case, aliases, and names that come near.

For people alone: code and plans use :func:`contracts.dictionary.lookup`, which takes no guess.
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import cache

from contracts.dictionary.record import ParameterRecord
from contracts.dictionary.store import records
from contracts.errors import ExitCode, RanwrightError

_MAX_NAME_CHARS = 100
_MAX_SUGGESTIONS = 5
_NEAR = 0.7


def find(name: str) -> tuple[ParameterRecord, ...]:
    """The records that carry this name: as id, path or name, else without case, else as alias.

    Raises:
        RanwrightError: ``dictionary.unknown``, with the names that come nearest.
    """
    wanted = name[:_MAX_NAME_CHARS].strip()
    found = _exact().get(wanted) or _folded().get(wanted.casefold())
    if found:
        return found
    near = suggestions(wanted)
    raise RanwrightError(
        "dictionary.unknown",
        f"No parameter is called {wanted!r}.",
        f"Did you mean {', '.join(near)}?" if near else "Search for words that describe it.",
        ExitCode.USAGE,
    )


def suggestions(name: str) -> tuple[str, ...]:
    """Paths of the records whose names or aliases come nearest, best first."""
    near = get_close_matches(name[:_MAX_NAME_CHARS].casefold(), _folded(), _MAX_SUGGESTIONS, _NEAR)
    return tuple(dict.fromkeys(r.path for key in near for r in _folded()[key]))[:_MAX_SUGGESTIONS]


@cache
def _exact() -> Mapping[str, tuple[ParameterRecord, ...]]:
    return _index(lambda record: (record.id, record.path, record.name))


@cache
def _folded() -> Mapping[str, tuple[ParameterRecord, ...]]:
    aliases = _index(lambda record: record.aliases, fold=True)
    return aliases | _index(lambda record: (record.id, record.path, record.name), fold=True)


def _index(
    keys: Callable[[ParameterRecord], tuple[str, ...]], fold: bool = False
) -> dict[str, tuple[ParameterRecord, ...]]:
    found: dict[str, tuple[ParameterRecord, ...]] = {}
    for record in records():
        for key in {k.casefold() if fold else k for k in keys(record)}:
            found[key] = (*found.get(key, ()), record)
    return found
