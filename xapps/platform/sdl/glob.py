"""Key patterns of the Redis ``KEYS`` and ``PSUBSCRIBE`` commands."""

from dataclasses import dataclass
from functools import lru_cache

_STAR, _QUESTION, _OPEN, _CLOSE, _BACKSLASH, _CARET, _DASH = b"*?[]\\^-"


@dataclass(frozen=True, slots=True)
class _Item:
    """One place of a pattern: a run of anything, or one byte of a set."""

    allowed: frozenset[int] | None
    """Bytes that match here; ``None`` stands for ``*``."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern: ``*`` any run, ``?`` one byte, ``[a-z]``, ``[^a]``, backslash escapes."""

    prefix: bytes
    """Literal bytes that every match begins with."""
    items: tuple[_Item, ...]

    def matches(self, text: bytes) -> bool:
        """Whether the whole of a key matches.

        The work is bounded by length of pattern times length of text: on a mismatch only the last
        ``*`` is stretched, which is enough because an earlier one was satisfied already.
        """
        if not text.startswith(self.prefix):
            return False
        at, item, resume_at, resume_item = len(self.prefix), 0, -1, -1
        while at < len(text):
            current = self.items[item] if item < len(self.items) else None
            if current is not None and current.allowed is None:
                resume_at, resume_item, item = at, item, item + 1
            elif current is not None and current.allowed and text[at] in current.allowed:
                at, item = at + 1, item + 1
            elif resume_item >= 0:
                resume_at += 1
                at, item = resume_at, resume_item + 1
            else:
                return False
        return all(rest.allowed is None for rest in self.items[item:])


@lru_cache(maxsize=256)
def compile_pattern(source: bytes) -> Pattern:
    """Compile a pattern; every byte string is one, as in Redis."""
    items: list[_Item] = []
    at = 0
    while at < len(source):
        allowed, at = _place(source, at)
        if allowed is not None or not items or items[-1].allowed is not None:
            items.append(_Item(allowed))
    literal = bytearray()
    for item in items:
        if item.allowed is None or len(item.allowed) != 1:
            break
        literal += bytes(item.allowed)
    return Pattern(bytes(literal), tuple(items[len(literal) :]))


def _place(source: bytes, at: int) -> tuple[frozenset[int] | None, int]:
    byte = source[at]
    if byte == _STAR:
        return None, at + 1
    if byte == _QUESTION:
        return frozenset(range(256)), at + 1
    if byte == _OPEN:
        return _set(source, at + 1)
    if byte == _BACKSLASH and at + 1 < len(source):
        return frozenset({source[at + 1]}), at + 2
    return frozenset({byte}), at + 1


def _set(source: bytes, at: int) -> tuple[frozenset[int], int]:
    negated = at < len(source) and source[at] == _CARET
    at += negated
    members: set[int] = set()
    while at < len(source) and source[at] != _CLOSE:
        if source[at] == _BACKSLASH and at + 1 < len(source):
            members.add(source[at + 1])
            at += 2
        elif at + 2 < len(source) and source[at + 1] == _DASH:
            low, high = sorted((source[at], source[at + 2]))
            members.update(range(low, high + 1))
            at += 3
        else:
            members.add(source[at])
            at += 1
    chosen = frozenset(range(256)) - members if negated else frozenset(members)
    return chosen, at + 1
