"""Values are written as the plain SEQUENCE OF writes them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.e2.kpm.report import NOT_SATISFIED, NotSatisfied
from contracts.e2.kpm.values import value_list
from contracts.e2.per import choice, decode, encode, integer, null, real, sequence_of, wrapped
from contracts.errors import RanwrightError

ITEM = choice(
    "item",
    (int, integer(0, (1 << 32) - 1)),
    (float, real()),
    (type(None), null()),
    additions=((NotSatisfied, wrapped(NotSatisfied, null())),),
)
PLAIN, FAST = sequence_of(ITEM, 1, (1 << 31) - 1), value_list(ITEM)
VALUES = st.one_of(
    st.none(),
    st.just(NOT_SATISFIED),
    st.integers(0, (1 << 32) - 1),
    st.floats(allow_nan=False),
    st.sampled_from([0.0, -0.0, 1.0, -85.0]),
)


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.lists(VALUES, min_size=1, max_size=40), st.lists(st.none(), min_size=1, max_size=200)
    )
)
def test_the_same_octets(values):
    octets = encode(PLAIN, tuple(values))
    assert encode(FAST, tuple(values)) == octets
    assert repr(decode(FAST, octets)) == repr(tuple(values))


@pytest.mark.parametrize("values", [(), (-1,), (1 << 32,), ("a",), (True,)])
def test_what_is_no_value_is_refused(values):
    for codec in (PLAIN, FAST):
        with pytest.raises(RanwrightError) as refused:
            encode(codec, values)
        assert refused.value.code == "e2.unencodable"
