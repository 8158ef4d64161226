"""Where the files that a scenario names are found: beside its YAML file, or in a ledger's objects.

Like a module search path, this is one list a process. What is found is believed only by its digest.
"""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from contracts.canonical import Digest

Source = Callable[[str, Digest], bytes | None]
"""File name and digest to content; ``None`` where the source does not have it."""


def folder(path: Path) -> Source:
    """Files in a folder, by name."""

    def read(name: str, _digest: Digest) -> bytes | None:
        file = path / name
        return file.read_bytes() if file.is_file() else None

    return read


BUILT_IN = Path(str(files("twins"))) / "scenarios"
_sources: dict[str, Source] = {str(BUILT_IN): folder(BUILT_IN)}


def add_source(name: str, source: Source) -> None:
    """Search one more source from now on; adding it again changes nothing."""
    _sources.setdefault(name, source)


def find(name: str, digest: Digest) -> list[bytes]:
    """All contents that sources have under a name, newest source first."""
    found = (source(name, digest) for source in reversed(_sources.values()))
    return [data for data in found if data is not None]
