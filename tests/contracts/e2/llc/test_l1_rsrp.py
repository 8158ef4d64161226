"""Beams and their L1-RSRP in the bits of a CSI report."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.e2.llc.l1_rsrp import BeamRsrp, indicator_bits, read_report, write_report
from contracts.e2.per import Bits
from contracts.errors import RanwrightError

RSRP = st.floats(-139.99, -44.01)


@st.composite
def measured(draw):
    resources = draw(st.integers(1, 64))
    named = draw(st.lists(st.integers(0, resources - 1), min_size=1, max_size=4, unique=True))
    strengths = draw(st.lists(RSRP, min_size=len(named), max_size=len(named)))
    return list(zip(named, sorted(strengths, reverse=True), strict=True)), resources


def test_the_layout_of_ts_38_212():
    """Two of eight SSBs: 3 + 3 bits of SSBRI, 7 of RSRP, 4 of difference."""
    bits = write_report([(5, -80.5), (2, -83.0)], 8)
    # -80.5 dBm lies in RSRP_76, -81 up to -80; 2.5 dB less is DIFFRSRP_1
    assert bits == Bits(0b101_010_1001100_0001, 17)


@pytest.mark.parametrize(
    ("rsrp_dbm", "code"), [(-200.0, 16), (-140.0, 17), (-139.01, 17), (-44.1, 112), (-10.0, 113)]
)
def test_the_table_of_ts_38_133(rsrp_dbm, code):
    assert write_report([(0, rsrp_dbm)], 1) == Bits(code, 7)


@given(measured())
def test_what_is_read_is_what_was_measured_as_far_as_the_steps_tell(case):
    beams, resources = case
    read = read_report(write_report(beams, resources), resources)
    assert [b.resource for b in read] == [resource for resource, _ in beams]
    assert 0 <= beams[0][1] - read[0].rsrp_dbm < 1
    for (_, rsrp), told in list(zip(beams, read, strict=True))[1:]:
        below, said = beams[0][1] - rsrp, read[0].rsrp_dbm - told.rsrp_dbm
        assert said == 30 if below >= 30 else said <= below < said + 2


@given(st.integers(1, 64), st.integers(0, 60), st.data())
def test_any_bits_are_read_or_refused(resources, size, data):
    bits = Bits(data.draw(st.integers(0, 2**size - 1)), size)
    beams, refusal = [], ""
    try:
        beams = read_report(bits, resources)
    except RanwrightError as error:
        refusal = error.code
    assert bool(beams) != (refusal == "e2.llc.beams")
    assert all(-141 - 30 <= b.rsrp_dbm <= -44 for b in beams)
    assert all(isinstance(b, BeamRsrp) and b.resource < resources for b in beams)
    assert not beams or size == len(beams) * indicator_bits(resources) + 7 + 4 * (len(beams) - 1)


@pytest.mark.parametrize(
    "beams",
    [
        [],
        [(8, -80.0)],
        [(1, -90.0), (2, -80.0)],
        [(1, -80.0), (1, -90.0)],
        [(0, -80.0), (1, float("-inf"))],
        [(0, float("nan"))],
        [(n, -80.0) for n in range(5)],
    ],
)
def test_no_report(beams):
    with pytest.raises(RanwrightError) as refused:
        write_report(beams, 8)
    assert refused.value.code == "e2.llc.beams"
