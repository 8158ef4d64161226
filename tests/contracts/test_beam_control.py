"""Beams over E2SM-LLC: what is written is read, and what is none of it is refused."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.e2.identity import ue_identity
from contracts.e2.llc.beam_control import (
    BeamOrder,
    beam_control,
    fully_executed,
    read_beam_control,
)
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
from contracts.e2.llc.control import (
    ChannelOctets,
    ControlHeader,
    Dci10,
    ScheduledSlot,
    Scheduling,
    SemiPersistence,
    SpsByDci11,
)
from contracts.e2.llc.indication import CsiReport, UeCsi, UplinkChannel
from contracts.e2.llc.outcome import (
    ChannelOutcome,
    ChannelsHandled,
    FullyExecuted,
    GrantOutcome,
    NotFullyExecuted,
    Scheduled,
    SlotOutcome,
)
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


def altered(**changes) -> tuple[bytes, bytes]:
    """An order whose slot is another in the named fields."""
    header, message = beam_control([BeamOrder(1, 31, (7,))], SLOT)
    (slot,) = LLC.control_message.decode(message).slots
    return header, LLC.control_message.encode(Scheduling((replace(slot, **changes),)))


def first_slot() -> ScheduledSlot:
    _, message = beam_control([BeamOrder(1, 31, (7,))], SLOT)
    (slot,) = LLC.control_message.decode(message).slots
    return slot


@given(st.integers(-(2**40), 2**40))
def test_no_beam_and_no_resource_outside_the_codebook_is_read(number):
    known = 0 <= number < BEAMS
    (band, *_) = first_slot().csi_rs_bands
    bands = (replace(band, csi_rs_resource=number),)
    for control in (
        lambda: beam_control([BeamOrder(1, number)], SLOT),
        lambda: altered(csi_rs_bands=bands),
    ):
        if known:
            assert len(read_beam_control(*control())[1]) == 1
        else:
            assert refused(*control()) == "control.unknown_beam"


def test_a_grant_that_assigns_something_is_refused():
    (grant,) = first_slot().grants
    dcis = (
        replace(grant.dci, mcs_1=5),
        replace(grant.dci, redundancy_version_1=0),
        replace(grant.dci, frequency_resources=Bits(1, 18)),
        replace(grant.dci, mcs_2=31),
        replace(grant.dci, redundancy_version_2=3),
        replace(grant.dci, semi_persistent=SpsByDci11()),
        Dci10(0, 0, 31, 3),
        SemiPersistence(),
    )
    for dci in dcis:
        assert refused(*altered(grants=(replace(grant, dci=dci),))) == "control.with_data"
    for octets in (ChannelOctets(4, 100), ChannelOctets(4, 0, 100)):
        with_data = replace(grant, channels=(ChannelOctets(5, 0), octets))
        assert refused(*altered(grants=(with_data,))) == "control.with_data"
    wider = replace(grant.dci, frequency_resources=Bits(0, 20))
    nothing = replace(grant, dci=wider, channels=(ChannelOctets(4, 0, 0),))
    assert read_beam_control(*altered(grants=(nothing,)))[1] == (BeamOrder(1, 31, (7,)),)


def test_what_was_carried_out_in_full_is_counted():
    failed = NotFullyExecuted((ChannelOutcome(4, 0, 1),))
    slots = tuple(
        SlotOutcome(SLOT, tuple(GrantOutcome(n, e) for n, e in enumerate(executions, 1)))
        for executions in ((FullyExecuted(), failed), (FullyExecuted(),))
    )
    assert fully_executed(LLC.control_outcome.encode(Scheduled(bytes(8), 0, slots))) == 2
    assert fully_executed(LLC.control_outcome.encode(ChannelsHandled(bytes(8)))) == 0
    with pytest.raises(RanwrightError, match="E2SM-LLC control outcome"):
        fully_executed(b"\xff")


def test_reports_of_another_configuration_are_refused():
    named = write_csi(UeBeams(1, 1, ssb={0: -80.0}), CELLS, gnb=9)
    for config in (9, 15, 20, 47):
        odd = UeCsi(named.ue, UplinkChannel.PUCCH, (CsiReport(config, Bits(0, 7)),))
        with pytest.raises(RanwrightError, match="CSI-ReportConfigId"):
            read_csi(odd, CELLS)
    nameless = UeCsi(ue_identity(1), UplinkChannel.PUCCH, named.reports)
    with pytest.raises(RanwrightError, match="C-RNTI"):
        read_csi(nameless, CELLS)
