"""Equal content has equal bytes; content addresses move with every change."""

import hashlib
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.action import ParameterChange
from contracts.canonical import canonical_bytes, digest_bytes

# RFC 8785 numbers are IEEE doubles: whole numbers from 2^53 on have no canonical form
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: abs(x) < 2**53)
    | st.text()
)
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@given(DOCUMENTS)
def test_canonical_bytes_are_json_that_reads_back_the_same(document):
    assert json.loads(canonical_bytes(document)) == document


@given(DOCUMENTS)
def test_canonical_form_is_a_fixed_point(document):
    once = canonical_bytes(document)
    assert canonical_bytes(json.loads(once)) == once


@given(st.dictionaries(st.text(), SCALARS, min_size=2), st.randoms(use_true_random=False))
def test_order_of_keys_does_not_count(document, random):
    keys = list(document)
    random.shuffle(keys)
    assert canonical_bytes({k: document[k] for k in keys}) == canonical_bytes(document)


@given(st.lists(st.integers(-9, 9) | st.text(), min_size=2))
def test_order_of_a_list_counts(items):
    assert (canonical_bytes(items) == canonical_bytes(items[::-1])) is (items == items[::-1])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        # RFC 8785 section 3.2.3 and appendix B
        ({"b": 1, "a": 2}, '{"a":2,"b":1}'),
        (1.0, "1"),
        (1e21, "1e+21"),
        (5e-324, "5e-324"),
        (333333333.33333329, "333333333.3333333"),
        ("€$\u000f\nA'B\"\\", '"€$\\u000f\\nA\'B\\"\\\\"'),
    ],
)
def test_examples_of_the_rfc(value, text):
    assert canonical_bytes(value).decode() == text


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 2**53, object()])
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(ValueError, match=r"."):
        canonical_bytes(value)


def test_digest_is_sha256_of_the_canonical_bytes():
    change = ParameterChange(cell_id=1, from_mw=20_000, to_mw=10_000)
    expected = hashlib.sha256(change.canonical()).hexdigest()
    assert change.digest == f"sha256:{expected}" == digest_bytes(change.canonical())


@given(st.integers(0, 16383), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_contract_reads_back_with_the_same_digest(cell_id, from_mw, to_mw):
    change = ParameterChange(cell_id=cell_id, from_mw=from_mw, to_mw=to_mw)
    again = ParameterChange.parse(change.canonical())
    assert again == change
    assert again.digest == change.digest


@given(
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)),
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)),
)
def test_digests_are_equal_exactly_when_contents_are(a, b):
    one, other = (ParameterChange(cell_id=c, from_mw=f, to_mw=t) for c, f, t in (a, b))
    assert (one.digest == other.digest) is (one == other)


def test_contracts_are_frozen_closed_and_finite():
    change = ParameterChange(cell_id=1, from_mw=1, to_mw=2)
    with pytest.raises(ValidationError):
        change.to_mw = 3
    with pytest.raises(ValidationError, match="extra"):
        ParameterChange.parse(b'{"cell_id": 1, "from_mw": 1, "to_mw": 2, "urgent": true}')
    with pytest.raises(ValidationError):
        ParameterChange.parse(b'{"cell_id": 1, "from_mw": 1, "to_mw": NaN}')
