"""Where knowledge keeps what can be made again; light, since commands import it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from platformdirs import user_cache_path

from contracts.errors import ExitCode, RanwrightError


def cache_folder() -> Path:
    """``RANWRIGHT_CACHE``, else the user's cache folder."""
    root = os.environ.get("RANWRIGHT_CACHE")
    return (Path(root) if root else user_cache_path("ranwright")) / "knowledge"


def unusable(place: Path, error: Exception) -> RanwrightError:
    """``knowledge.cache``: a file or folder of the cache cannot be made, read or written."""
    return RanwrightError(
        "knowledge.cache",
        f"{place} cannot be used: {error}.",
        "Check permissions and free space, or name another folder in RANWRIGHT_CACHE. What is"
        " damaged may be deleted: it is made again.",
        ExitCode.DEFECT,
    )


@contextmanager
def told(place: Path) -> Iterator[None]:
    """Tells what the operating system refuses at a place of the cache.

    Raises:
        RanwrightError: ``knowledge.cache``.
    """
    try:
        yield
    except OSError as error:
        raise unusable(place, error) from error


@contextmanager
def one_at_a_time(work: str) -> Iterator[None]:
    """Waits until no other process of this cache does the work, and keeps others waiting.

    Raises:
        RanwrightError: ``knowledge.cache``.
    """
    place = cache_folder() / f"{work}.lock"
    with told(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        file = place.open("w")
    with file:
        with told(place):
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
