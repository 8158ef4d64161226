"""The data of the shared data layer: strings and sets by key, some with an expiry."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Literal

from contracts.errors import RanwrightError
from xapps.platform.sdl.glob import compile_pattern
from xapps.platform.sdl.journal import Journal

MAX_STORE_BYTES = 1024 * 1024 * 1024
_ENTRY_OVERHEAD_BYTES = 64

Value = bytes | set[bytes]
Condition = Callable[[bytes | None], bool]


class WrongTypeError(RanwrightError):
    """A string command met a set, or the other way round."""

    def __init__(self, key: bytes) -> None:
        super().__init__(
            "sdl.wrong_type",
            f"The key {key!r} holds the other kind of value.",
            "Use set commands for groups and string commands for values.",
        )


class StoreFullError(RanwrightError):
    """The store holds as much as it may."""

    def __init__(self) -> None:
        super().__init__(
            "sdl.full",
            f"The store would hold over {MAX_STORE_BYTES} bytes.",
            "Remove keys that nobody needs.",
        )


class Store:
    """Strings and sets, durable before they are visible; safe to share between threads.

    ``lock`` may be held around several calls to make them one step for everybody else; ``now_s``
    is the clock of expiries (seconds since the epoch).
    """

    def __init__(self, path: Path, now_s: Callable[[], float] = time.time) -> None:
        self.lock = threading.RLock()
        self.now_s = now_s
        self._journal = Journal(path)
        self._entries, self._expiries = self._journal.load()
        self._bytes = sum(_size(key, value) for key, value in self._entries.items())

    def close(self) -> None:
        """Let go of the file."""
        with self.lock:
            self._journal.close()

    def read(self, key: bytes) -> bytes | None:
        """The string at a key.

        Raises:
            WrongTypeError: a set is there.
        """
        with self.lock:
            value = self._live(key)
            if isinstance(value, set):
                raise WrongTypeError(key)
            return value

    def read_any(self, key: bytes) -> bytes | None:
        """The string at a key, ``None`` also where a set is (``MGET``)."""
        with self.lock:
            value = self._live(key)
            return None if isinstance(value, set) else value

    def write(self, items: Mapping[bytes, bytes], expires_at_s: float | None = None) -> None:
        """Set strings, whatever was at the keys.

        Raises:
            StoreFullError: nothing was set.
        """
        with self.lock:
            growth = sum(_size(k, v) - self._size_at(k) for k, v in items.items())
            self._make_room(growth)
            with self._journal.transaction():
                for key, value in items.items():
                    self._journal.forget(key)
                    self._journal.put(key, value)
                    if expires_at_s is not None:
                        self._journal.expire(key, expires_at_s)
            for key, value in items.items():
                self._entries[key] = value
                self._expiries.pop(key, None)
                if expires_at_s is not None:
                    self._expiries[key] = expires_at_s
            self._bytes += growth

    def write_if(self, key: bytes, value: bytes, condition: Condition) -> bool:
        """Set a string where the present one meets a condition (``None``: there is none)."""
        with self.lock:
            if not condition(self.read(key)):
                return False
            self.write({key: value})
            return True

    def delete(self, keys: Iterable[bytes]) -> int:
        """Remove keys, and say how many there were."""
        with self.lock:
            present = [key for key in dict.fromkeys(keys) if self._live(key) is not None]
            self._drop(present)
            return len(present)

    def delete_if(self, key: bytes, condition: Callable[[bytes], bool]) -> bool:
        """Remove a string that meets a condition."""
        with self.lock:
            value = self.read(key)
            if value is None or not condition(value):
                return False
            self._drop([key])
            return True

    def keys(self, pattern: bytes) -> list[bytes]:
        """Keys that match a pattern of :mod:`xapps.platform.sdl.glob`."""
        compiled = compile_pattern(pattern)
        with self.lock:
            self._drop([key for key in self._expiries if self._has_expired(key)])
            return [key for key in self._entries if compiled.matches(key)]

    def kind(self, key: bytes) -> Literal["none", "string", "set"]:
        """What is at a key."""
        with self.lock:
            value = self._live(key)
            return "none" if value is None else "set" if isinstance(value, set) else "string"

    def add_members(self, key: bytes, members: Iterable[bytes]) -> int:
        """Add to a set, and say how many are new."""
        with self.lock:
            fresh = set(members) - self._set(key)
            growth = sum(map(len, fresh)) + (0 if self._set(key) else _size(key, b""))
            self._make_room(growth)
            with self._journal.transaction():
                self._journal.add(key, fresh)
            if fresh:
                entry = self._entries.setdefault(key, set())
                assert isinstance(entry, set)
                entry |= fresh
                self._bytes += growth
            return len(fresh)

    def remove_members(self, key: bytes, members: Iterable[bytes]) -> int:
        """Take out of a set, and say how many were in it; an empty set is no set."""
        with self.lock:
            present = self._set(key)
            leaving = present & set(members)
            if leaving == present:
                self._drop([key] if present else [])
                return len(leaving)
            with self._journal.transaction():
                self._journal.take_out(key, leaving)
            self._entries[key] = present - leaving
            self._bytes -= sum(map(len, leaving))
            return len(leaving)

    def members(self, key: bytes) -> frozenset[bytes]:
        """Members of a set; none where there is no set.

        Raises:
            WrongTypeError: a string is there.
        """
        with self.lock:
            return frozenset(self._set(key))

    def expire(self, key: bytes, expires_at_s: float) -> bool:
        """Let a key expire at a time (seconds since the epoch); false where there is none."""
        with self.lock:
            if self._live(key) is None:
                return False
            with self._journal.transaction():
                self._journal.expire(key, expires_at_s)
            self._expiries[key] = expires_at_s
            return True

    def remaining_s(self, key: bytes) -> float | None:
        """Seconds until a key expires; ``None`` where it never does or is not there."""
        with self.lock:
            if self._live(key) is None or key not in self._expiries:
                return None
            return self._expiries[key] - self.now_s()

    def _live(self, key: bytes) -> Value | None:
        if self._has_expired(key):
            self._drop([key])
        return self._entries.get(key)

    def _has_expired(self, key: bytes) -> bool:
        expires_at_s = self._expiries.get(key)
        return expires_at_s is not None and expires_at_s <= self.now_s()

    def _set(self, key: bytes) -> set[bytes]:
        value = self._live(key)
        if isinstance(value, bytes):
            raise WrongTypeError(key)
        return value or set()

    def _drop(self, keys: Iterable[bytes]) -> None:
        dropped = list(keys)
        if not dropped:
            return
        with self._journal.transaction():
            for key in dropped:
                self._journal.forget(key)
        for key in dropped:
            self._bytes -= _size(key, self._entries.pop(key))
            self._expiries.pop(key, None)

    def _size_at(self, key: bytes) -> int:
        value = self._live(key)
        return 0 if value is None else _size(key, value)

    def _make_room(self, growth_bytes: int) -> None:
        if growth_bytes > 0 and self._bytes + growth_bytes > MAX_STORE_BYTES:
            raise StoreFullError


def _size(key: bytes, value: Value) -> int:
    content = len(value) if isinstance(value, bytes) else sum(map(len, value))
    return _ENTRY_OVERHEAD_BYTES + len(key) + content
