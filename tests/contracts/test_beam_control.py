"""Beams over E2SM-LLC: what is written is read, and what is none of it is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.e2.identity import ue_identity
from contracts.e2.llc.beam_control import BeamOrder, beam_control, read_beam_control
from contracts.e2.llc.beam_sets import (
    BEAMS,
    SETS,
    UeBeams,
    beams_of,
    read_csi,
    set_of,
    write_csi,
)
from contracts.e2.llc.codec import LLC
from contracts.e2.llc.control import ControlHeader
from contracts.e2.llc.indication import CsiReport, UeCsi, UplinkChannel
from contracts.e2.llc.slots import Slot, SlotIndex
from contracts.e2.per import Bits
from contracts.errors import RanwrightError
from twins.dynamics.beams import CSI_RS_BEAMS, SSB_BEAMS, refinements

SLOT = Slot(7, SlotIndex(30, 3))
CELLS = (1, 2, 3, 11)
powers = st.floats(-139.0, -45.0)
orders = st.builds(
    BeamOrder,
    ue_id=st.integers(0, 1000),
    beam=st.none() | st.integers(0, BEAMS - 1),
    sets=st.sets(st.integers(0, SETS - 1)).map(lambda s: tuple(sorted(s))),
)


def test_sets_are_the_narrow_beams_in_each_wide_one():
    within = refinements(SSB_BEAMS, CSI_RS_BEAMS)
    for number in range(SETS):
        assert beams_of(number) == tuple(within[number].nonzero()[:, 0].tolist())
        assert {set_of(beam) for beam in beams_of(number)} == {number}


@given(st.lists(orders, min_size=1, max_size=90, unique_by=lambda o: o.ue_id))
def test_orders_come_as_they_were_sent(sent):
    _, read = read_beam_control(*beam_control(sent, SLOT))
    assert list(read) == sent


@given(
    st.sets(st.integers(0, SETS - 1)),
    st.lists(powers, min_size=BEAMS, max_size=BEAMS),
    st.dictionaries(st.integers(0, SETS - 1), powers, min_size=4, max_size=4),
    st.dictionaries(st.sampled_from(CELLS[1:]), st.tuples(st.integers(0, 7), powers)),
)
def test_reports_are_read_within_their_steps(sets, dbm, ssb, candidates):
    narrow = {beam: dbm[beam] for number in sorted(sets) for beam in beams_of(number)}
    sent = UeBeams(5, 1, narrow, ssb, candidates)
    read = read_csi(write_csi(sent, CELLS, gnb=9), CELLS)
    assert (read.ue_id, read.cell_id) == (5, 1)
    assert (read.narrow.keys(), read.ssb.keys()) == (narrow.keys(), ssb.keys())
    for beam, power in narrow.items():
        strongest = max(narrow[b] for b in beams_of(set_of(beam)))
        if strongest - power < 29.0:
            assert abs(read.narrow[beam] - power) <= 2.5
    for cell, (number, power) in candidates.items():
        assert read.candidates[cell][0] == number
        assert abs(read.candidates[cell][1] - power) <= 0.5


def refused(header: bytes, message: bytes) -> str:
    with pytest.raises(RanwrightError) as error:
        read_beam_control(header, message)
    return error.value.code


def test_what_is_no_order_is_refused():
    header, message = beam_control([BeamOrder(1, 31, (7,))], SLOT)
    other = LLC.control_header.encode(ControlHeader(1, 1))
    assert refused(other, message) == "control.unknown_style"
    assert refused(*beam_control([BeamOrder(1, BEAMS)], SLOT)) == "control.unknown_beam"
    assert refused(*beam_control([BeamOrder(1, 0, (SETS,))], SLOT)) == "control.unknown_beam"
    assert refused(header, message[:-3]) == "e2.malformed"


def test_reports_of_another_configuration_are_refused():
    named = write_csi(UeBeams(1, 1, ssb={0: -80.0}), CELLS, gnb=9)
    for config in (9, 15, 20, 47):
        odd = UeCsi(named.ue, UplinkChannel.PUCCH, (CsiReport(config, Bits(0, 7)),))
        with pytest.raises(RanwrightError, match="CSI-ReportConfigId"):
            read_csi(odd, CELLS)
    nameless = UeCsi(ue_identity(1), UplinkChannel.PUCCH, named.reports)
    with pytest.raises(RanwrightError, match="C-RNTI"):
        read_csi(nameless, CELLS)
