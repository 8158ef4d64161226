"""E2SM-RC: well-known actions, the parameter tree, versions."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.e2.common.cells import EutraCgi, NrCgi, SNssai, plmn_identity
from contracts.e2.common.partial_ue import PartialUeId
from contracts.e2.common.ue import UeIdGnbDu
from contracts.e2.per import encode
from contracts.e2.rc.actions import (
    Control,
    FlowDirection,
    FlowMapping,
    SliceQuota,
    handover,
    qos_flow_mapping,
    read_handover,
    read_qos_flow_mapping,
    read_slice_prb_quota,
    slice_prb_quota,
)
from contracts.e2.rc.codec import codec_for, rc
from contracts.e2.rc.control import (
    Actions,
    Assignments,
    ControlMessage,
    NoAssignments,
    PartialUeControl,
    UeControl,
)
from contracts.e2.rc.parameters import (
    Element,
    Structure,
    element,
    key,
    many,
    parameter,
    structure,
)
from contracts.e2.rc.trigger import OnDemand
from contracts.e2.rc.version import OID, RcVersion, version_of
from contracts.errors import RanwrightError

PLMN = plmn_identity("001", "01")
UE = UeIdGnbDu(7)
QUOTA = SliceQuota(PLMN, SNssai(1, b"\0\0\x01"), 10, 60, 5)


def over_the_wire(control: Control) -> tuple[UeControl, ControlMessage]:
    model = rc(RcVersion.V1_03)
    header = model.control_header.decode(model.control_header.encode(control.header))
    assert isinstance(header, UeControl)
    return header, model.control_message.decode(model.control_message.encode(control.message))


def test_slice_quotas() -> None:
    quotas = (QUOTA, replace(QUOTA, slice=SNssai(2), max_percent=40))
    header, message = over_the_wire(slice_prb_quota(UE, quotas))
    assert (header.ue, header.style_type, header.action) == (UE, 2, 6)
    assert read_slice_prb_quota(message) == quotas


@pytest.mark.parametrize("target", [NrCgi(PLMN, 2**36 - 1), EutraCgi(PLMN, 5)])
def test_handover(target: NrCgi | EutraCgi) -> None:
    header, message = over_the_wire(handover(UE, target))
    assert (header.style_type, header.action) == (3, 1)
    assert read_handover(message) == target


def test_qos_flow_mapping() -> None:
    flows = (FlowMapping(9, FlowDirection.DOWNLINK), FlowMapping(10, FlowDirection.UPLINK))
    header, message = over_the_wire(qos_flow_mapping(UE, 5, flows))
    assert (header.style_type, header.action) == (1, 2)
    assert read_qos_flow_mapping(message) == (5, flows)


def quota_message(member: Structure, ratio: object = 5) -> Assignments:
    group = structure(
        parameter(3, structure(parameter(5, many(member)))),
        *(parameter(n, Element(ratio)) for n in (11, 12, 13)),  # type: ignore[arg-type]
    )
    return Assignments((parameter(1, many(group)),))


def member(plmn: bytes, sst: bytes) -> Structure:
    slice_ = structure(parameter(9, element(sst)))
    return structure(parameter(7, element(plmn)), parameter(8, slice_))


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (Actions(()), "Actions"),
        (Assignments(), "parameter 1 is missing"),
        (Assignments((parameter(1, key(3)),)), "parameter 1 is a KeyElement, not a LIST"),
        (Assignments((parameter(1, many(structure())),)), "parameter 3 is missing"),
        (quota_message(structure(parameter(7, element(PLMN)))), "parameter 8 is missing"),
        (quota_message(member(b"0x101", b"1")), "a slice is named"),
        (quota_message(member(b"00101", b"x")), "a slice is named"),
        (quota_message(member(PLMN, b"")), "parameter 9 is b''"),
        (quota_message(member(PLMN, b"\1"), True), "parameter 11 is True"),
        (quota_message(member(PLMN, b"\1"), None), "parameter 11 is None"),
    ],
)
def test_other_messages_are_refused_with_the_parameter(
    message: ControlMessage, reason: str
) -> None:
    with pytest.raises(RanwrightError, match=reason) as refusal:
        read_slice_prb_quota(message)
    assert refusal.value.code == "e2.rc.action"


def test_unknown_directions_and_broken_cells_are_refused() -> None:
    item = structure(parameter(4, key(1)), parameter(5, element(7)))
    flows = Assignments((parameter(1, key(1)), parameter(2, many(item))))
    with pytest.raises(RanwrightError, match="direction 7"):
        read_qos_flow_mapping(flows)
    cell = parameter(3, structure(parameter(4, element(b"\0"))))
    target = Assignments((parameter(1, structure(parameter(2, structure(cell)))),))
    with pytest.raises(RanwrightError) as refusal:
        read_handover(target)
    assert refusal.value.code == "e2.malformed"


def nested(depth: int) -> Structure:
    inner = structure(parameter(1, element(1)))
    for _ in range(depth):
        inner = structure(parameter(1, inner))
    return inner


def test_trees_are_bounded_in_depth() -> None:
    payload = rc(RcVersion.V5_00).control_message
    shallow = Assignments((parameter(1, nested(20)),))
    assert payload.decode(payload.encode(shallow)) == shallow
    deep = payload.encode(Assignments((parameter(1, nested(60)),)))
    with pytest.raises(RanwrightError, match="nested deeper"):
        payload.decode(deep)


def test_on_demand_changed_with_v2() -> None:
    assert rc(RcVersion.V5_00).event_trigger.encode(OnDemand()).hex() == "20"
    early = rc(RcVersion.V1_03).event_trigger.encode(OnDemand())
    assert rc(RcVersion.V1_03).event_trigger.decode(early) == OnDemand()
    assert encode(rc(RcVersion.V1_03).event_trigger.codec, OnDemand()) == early != b"\x20"


def test_additions_of_v5_are_refused_before() -> None:
    header = PartialUeControl(PartialUeId(amf_ue_ngap_id=3), 2, 6)
    newest = rc(RcVersion.V5_00)
    assert newest.control_header.decode(newest.control_header.encode(header)) == header
    octets = newest.control_message.encode(NoAssignments())
    assert newest.control_message.decode(octets) == NoAssignments()
    with pytest.raises(RanwrightError, match="no alternative"):
        rc(RcVersion.V3_00).control_header.encode(header)
    with pytest.raises(RanwrightError, match="no alternative"):
        rc(RcVersion.V3_00).control_message.decode(octets)


def test_versions() -> None:
    assert codec_for(OID).version is RcVersion.V5_00
    assert version_of(OID, "ORAN-E2SM-RC-v01.03") is RcVersion.V1_03
    with pytest.raises(RanwrightError) as refusal:
        version_of("1.2.3")
    assert refusal.value.code == "e2.rc.unknown_version"


@given(st.integers(1, 2**32 - 1), st.binary(min_size=1, max_size=9))
def test_a_structure_finds_its_parameters(number: int, value: bytes) -> None:
    tree = structure(parameter(number, element(value)))
    assert tree.find(number) == Element(value)
    assert tree.find(number + 1) is None
    assert [one.id for one in tree] == [number]
