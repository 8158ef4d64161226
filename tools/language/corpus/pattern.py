"""Patterns of sentences: ``(one|other)`` is a choice, ``[may be left out]``, ``{slot}``."""

from collections.abc import Callable
from functools import cache
from random import Random

_CLOSING = {"(": ")", "[": "]"}


def render(
    pattern: str, random: Random, say: Callable[[str], None], fill: Callable[[str], None]
) -> None:
    """Draw one sentence of a pattern.

    Args:
        say: takes plain text.
        fill: takes the name of a slot.
    """
    for choice in _parsed(pattern):
        _write(choice, random, say, fill)


def text(pattern: str, random: Random) -> str:
    """One text of a pattern without slots."""
    parts: list[str] = []
    render(pattern, random, parts.append, parts.append)
    return " ".join("".join(parts).split())


_Sequence = tuple[tuple[str, object], ...]


@cache
def _parsed(pattern: str) -> _Sequence:
    found, end = _sequence(pattern, 0, "")
    if end != len(pattern):
        raise ValueError(f"unbalanced pattern {pattern!r}")
    return found[0]


def _sequence(pattern: str, at: int, closing: str) -> tuple[list[_Sequence], int]:
    """Alternatives up to the closing character, and where they end."""
    alternatives: list[_Sequence] = []
    parts: list[tuple[str, object]] = []
    plain = ""
    while at < len(pattern) and pattern[at] != closing:
        char = pattern[at]
        if char in "([{|":
            if plain:
                parts.append(("text", plain))
            plain = ""
        if char in _CLOSING:
            inner, at = _sequence(pattern, at + 1, _CLOSING[char])
            parts.append(("choice" if char == "(" else "maybe", tuple(inner)))
        elif char == "{":
            end = pattern.index("}", at)
            parts.append(("slot", pattern[at + 1 : end]))
            at = end
        elif char == "|":
            alternatives.append(tuple(parts))
            parts = []
        else:
            plain += char
        at += 1
    if plain:
        parts.append(("text", plain))
    if closing and at >= len(pattern):
        raise ValueError(f"unbalanced pattern {pattern!r}")
    return [*alternatives, tuple(parts)], at


def _write(
    node: tuple[str, object],
    random: Random,
    say: Callable[[str], None],
    fill: Callable[[str], None],
) -> None:
    kind, value = node
    if kind == "text":
        say(str(value))
        return
    if kind == "slot":
        fill(str(value))
        return
    if kind == "maybe" and random.random() < 0.5:
        return
    assert isinstance(value, tuple)
    for inner in random.choice(value):
        _write(inner, random, say, fill)
