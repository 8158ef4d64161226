"""Key patterns agree with a plain definition of them, and stay cheap."""

import time

from hypothesis import given
from hypothesis import strategies as st

from xapps.platform.sdl.glob import compile_pattern

simple = st.text("ab?*", max_size=8).map(str.encode)
texts = st.text("ab", max_size=8).map(str.encode)


def naive(pattern: bytes, text: bytes) -> bool:
    if not pattern:
        return not text
    if pattern[:1] == b"*":
        return any(naive(pattern[1:], text[at:]) for at in range(len(text) + 1))
    return bool(text) and pattern[:1] in (b"?", text[:1]) and naive(pattern[1:], text[1:])


@given(simple, texts)
def test_agrees_with_the_definition(pattern: bytes, text: bytes) -> None:
    assert compile_pattern(pattern).matches(text) is naive(pattern, text)


@given(st.binary(max_size=20), st.binary(max_size=20))
def test_every_pattern_compiles(pattern: bytes, text: bytes) -> None:
    assert compile_pattern(pattern).matches(text) in (True, False)


def test_sets_ranges_and_escapes() -> None:
    assert compile_pattern(b"h[a-c]llo").matches(b"hbllo")
    assert compile_pattern(b"h[^a-c]llo").matches(b"hello")
    assert not compile_pattern(b"h[^e]llo").matches(b"hello")
    assert compile_pattern(rb"a\*b").matches(b"a*b")
    assert not compile_pattern(rb"a\*b").matches(b"axb")
    assert not compile_pattern(b"[").matches(b"[")
    assert compile_pattern(b"{ns},*").matches(b"{ns},key")


def test_many_stars_stay_cheap() -> None:
    began = time.perf_counter()
    assert not compile_pattern(b"*a" * 200 + b"b").matches(b"a" * 5000)
    assert time.perf_counter() - began < 5
