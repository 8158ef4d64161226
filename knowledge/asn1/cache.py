"""The facts of one installed pycrate, kept in the cache folder under the digest of its wheel."""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from knowledge.asn1.facts import Fact
from knowledge.asn1.walk import SPECIFICATIONS, missing, walk
from knowledge.cache import cache_folder

_FORMAT = 1

Facts = Mapping[str, Fact]
"""Facts by ``<module>:<path>``."""


def load_facts(
    modules: Iterable[str] = SPECIFICATIONS,
    folder: Path | None = None,
    progress: Callable[[str], None] = lambda module: None,
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
    root = (folder or cache_folder()) / f"asn1-{wheel_key()}"
    facts: dict[str, Fact] = {}
    for module in modules:
        place = root / f"{module}.json"
        if place.is_file():
            facts |= _read(place)
            continue
        progress(module)
        walked: dict[str, Fact] = {}
        for path, fact in walk(module):
            walked.setdefault(f"{module}:{path}", fact)
        _write(place, walked)
        facts |= walked
    return facts


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


def _read(place: Path) -> Facts:
    rows = json.loads(place.read_text(encoding="utf-8"))
    return {key: _fact(row) for key, row in rows.items()}


def _fact(row: dict[str, object]) -> Fact:
    kept = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    return Fact(**kept)  # type: ignore[arg-type]


def _write(place: Path, facts: Facts) -> None:
    rows = {
        key: {name: value for name, value in asdict(fact).items() if value is not None}
        for key, fact in facts.items()
    }
    place.parent.mkdir(parents=True, exist_ok=True)
    # Renamed into place: whoever reads beside us sees all of it or nothing.
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=place.parent, prefix="draft-", delete=False
    ) as draft:
        json.dump(rows, draft)
    Path(draft.name).replace(place)
