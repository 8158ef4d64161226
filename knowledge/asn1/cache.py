"""What one installed pycrate says, kept in the cache folder under the digest of its wheel."""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple, dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Generic, TypeVar

from knowledge.asn1.facts import Fact
from knowledge.asn1.structures import Member, Structure, structures
from knowledge.asn1.walk import SPECIFICATIONS, missing, walk
from knowledge.cache import cache_folder

_FORMAT = 2

Facts = Mapping[str, Fact]
"""Facts by ``<module>:<path>``."""

Structures = Mapping[str, Structure]
"""Structures by ``<module>:<path>``."""

Progress = Callable[[str], None]
T = TypeVar("T", Fact, Structure)


def load_facts(
    modules: Iterable[str] = SPECIFICATIONS,
    folder: Path | None = None,
    progress: Progress = lambda module: None,
) -> Facts:
    """The facts of compiled modules; each is walked at its first use, then read from the cache.

    Args:
        modules: names, by default all of :data:`knowledge.asn1.walk.SPECIFICATIONS`.
        folder: where the cache lies; by default :func:`knowledge.cache.cache_folder`.
        progress: told the name of each module before it is walked.

    Raises:
        RanwrightError: ``knowledge.asn1_missing``, pycrate is not installed, or
            ``knowledge.asn1_module``, a module is none that is read.
    """
    return _load(modules, folder, progress, _Kind(".json", walk, _fact))


def load_structures(
    modules: Iterable[str] = SPECIFICATIONS,
    folder: Path | None = None,
    progress: Progress = lambda module: None,
) -> Structures:
    """What the types and messages of compiled modules are made of; as :func:`load_facts`."""
    return _load(modules, folder, progress, _Kind("-structures.json", structures, _structure))


@dataclass(frozen=True)
class _Kind(Generic[T]):
    ending: str
    walk: Callable[[str], Iterable[tuple[str, T]]]
    read: Callable[[dict[str, Any]], T]


def _load(
    modules: Iterable[str], folder: Path | None, progress: Progress, kind: _Kind[T]
) -> dict[str, T]:
    root = (folder or cache_folder()) / f"asn1-{wheel_key()}"
    found: dict[str, T] = {}
    for module in modules:
        place = root / f"{module}{kind.ending}"
        if place.is_file():
            rows = json.loads(place.read_text(encoding="utf-8"))
            found |= {key: kind.read(row) for key, row in rows.items()}
            continue
        progress(module)
        walked: dict[str, T] = {}
        for path, one in kind.walk(module):
            walked.setdefault(f"{module}:{path}", one)
        _write(place, walked)
        found |= walked
    return found


def wheel_key() -> str:
    """Names the installed wheel: of its version and the digests of all its files.

    Raises:
        RanwrightError: ``knowledge.asn1_missing``.
    """
    try:
        wheel = distribution("pycrate")
    except PackageNotFoundError as error:
        raise missing() from error
    content = f"{_FORMAT} {wheel.version} {wheel.read_text('RECORD')}"
    return hashlib.sha256(content.encode()).hexdigest()[:24]


def _fact(row: dict[str, Any]) -> Fact:
    kept: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    return Fact(**kept)


def _structure(row: dict[str, Any]) -> Structure:
    members = tuple(Member(*member) for member in row["members"])
    return Structure(row["block"], row["kind"], members)


def _write(place: Path, found: Mapping[str, Any]) -> None:
    rows = {
        key: {
            name: [astuple(m) for m in value] if name == "members" else value
            for name in one.__slots__
            if (value := getattr(one, name)) is not None
        }
        for key, one in found.items()
    }
    place.parent.mkdir(parents=True, exist_ok=True)
    # Renamed into place: whoever reads beside us sees all of it or nothing.
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=place.parent, prefix="draft-", delete=False
    ) as draft:
        json.dump(rows, draft)
    Path(draft.name).replace(place)
