"""A disk without room, as a process sees it: every write to a file fails."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager

_LIMITED = (0, resource.RLIM_INFINITY)
_FREE = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


@contextmanager
def no_room() -> Iterator[None]:
    """Writes fail inside; SQLite says that the disk is full, or an input/output error."""
    resource.setrlimit(resource.RLIMIT_FSIZE, _LIMITED)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, _FREE)
