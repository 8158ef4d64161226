"""E2AP: versions, criticality, what is unknown, wrong or missing, and routing without decoding."""

from dataclasses import fields

import pytest

from contracts.e2.ap import (
    PROCEDURES,
    ActionToBeSetup,
    ActionType,
    CauseMisc,
    CauseProtocol,
    CauseRicRequest,
    CauseRicRequestV1,
    CauseTransport,
    Component,
    ComponentConfiguration,
    ControlAckRequest,
    ControlAckRequestV1,
    Criticality,
    CriticalityDiagnostics,
    E2apMessage,
    E2apPdu,
    E2apVersion,
    E2RemovalRequest,
    E2SetupRequest,
    ErrorIndication,
    F1Component,
    GlobalGnbId,
    GnbNode,
    IeDiagnostics,
    IndicationType,
    InterfaceType,
    MessageKind,
    Procedure,
    RanFunction,
    RanFunctionRevision,
    RawIe,
    ResetRequest,
    RicControlAcknowledge,
    RicControlFailure,
    RicControlRequest,
    RicIndication,
    RicQueryRequest,
    RicRequestId,
    RicServiceQuery,
    RicSubscriptionDeleteRequest,
    RicSubscriptionRequest,
    SubscriptionDetails,
    TypeOfError,
    cause_of,
    decode_pdu,
    encode_pdu,
    not_understood,
    peek,
    plmn_octets,
    plmn_text,
)
from contracts.e2.per import Bits
from contracts.errors import RanwrightError

REQUEST = RicRequestId(123, 4)
INDICATION = RicIndication(REQUEST, 2, 1, IndicationType.REPORT, b"head", b"body", 7)
V1, V2, V3 = E2apVersion.V1, E2apVersion.V2, E2apVersion.V3


def _malformed(octets: bytes, version: E2apVersion = V3, code: str = "e2.malformed") -> str:
    with pytest.raises(RanwrightError) as caught:
        decode_pdu(octets, version)
    assert caught.value.code == code
    return caught.value.message


def test_procedures_name_every_message_once() -> None:
    named = [cls for one in PROCEDURES.values() for cls in one.messages if cls is not None]
    assert len(named) == len(set(named)) == 39
    assert set(PROCEDURES) == set(Procedure)
    assert all(issubclass(cls, E2apMessage) for cls in named)
    assert all("unknown" in {one.name for one in fields(cls)} for cls in named)


def test_a_message_alone_gets_the_criticality_of_its_procedure() -> None:
    assert decode_pdu(encode_pdu(INDICATION)) == E2apPdu(INDICATION, Criticality.IGNORE)
    sent = E2apPdu(INDICATION, Criticality.REJECT)
    assert decode_pdu(encode_pdu(sent)) == sent
    assert (sent.procedure, sent.kind) == (Procedure.RIC_INDICATION, MessageKind.INITIATING)


@pytest.mark.parametrize("index", [0, 2, 7])
@pytest.mark.parametrize("size", [0, 5, 20_000])
def test_unknown_elements_stay_where_they_stood(index: int, size: int) -> None:
    raw = RawIe(900, Criticality.NOTIFY, bytes(size), index)
    message = RicIndication(*_positional(INDICATION), unknown=(raw,))
    octets = encode_pdu(message)
    decoded = decode_pdu(octets).message
    assert decoded.unknown == (raw,)
    assert decoded == message
    assert encode_pdu(decoded) == octets


def _positional(message: RicIndication) -> tuple[object, ...]:
    return tuple(getattr(message, f.name) for f in fields(message) if f.name != "unknown")


def test_unknown_elements_are_reported_unless_they_may_be_ignored() -> None:
    unknown = tuple(RawIe(900 + c, c, b"\0", 9) for c in Criticality)
    message = RicIndication(*_positional(INDICATION), unknown=unknown)
    told = not_understood(decode_pdu(encode_pdu(message)).message)
    assert told == (
        IeDiagnostics(Criticality.REJECT, 900, TypeOfError.NOT_UNDERSTOOD),
        IeDiagnostics(Criticality.NOTIFY, 902, TypeOfError.NOT_UNDERSTOOD),
    )
    answer = ErrorIndication(
        request_id=REQUEST, diagnostics=CriticalityDiagnostics(procedure=5, elements=told)
    )
    assert decode_pdu(encode_pdu(answer)).message == answer


def test_a_subscription_needs_an_action() -> None:
    with pytest.raises(RanwrightError, match="0 items are outside 1 to 16"):
        encode_pdu(RicSubscriptionRequest(REQUEST, 2, SubscriptionDetails(b"t", ())))


def test_version_2_keeps_the_start_time_as_an_unknown_element() -> None:
    action = ActionToBeSetup(1, ActionType.REPORT, b"d")
    message = RicSubscriptionRequest(REQUEST, 2, SubscriptionDetails(b"t", (action,)), bytes(8))
    octets = encode_pdu(message)
    older = decode_pdu(octets, V2).message
    assert [(one.id, one.index) for one in older.unknown] == [(62, 3)]
    assert [one.id for one in not_understood(older)] == [62]
    assert encode_pdu(older, V2) == octets
    with pytest.raises(RanwrightError, match="this version has no start_time"):
        encode_pdu(message, V2)


@pytest.mark.parametrize("message", [E2RemovalRequest(1), RicQueryRequest(REQUEST, 2, b"h", b"d")])
def test_messages_of_version_3_are_none_in_version_2(message: E2apMessage) -> None:
    octets = encode_pdu(message, V3)
    assert "E2AP version 2 has no initiating message" in _malformed(
        octets, V2, "e2.unknown_message"
    )
    with pytest.raises(RanwrightError) as caught:
        encode_pdu(message, V2)
    assert caught.value.code == "e2.unencodable"


def test_causes_of_version_1_have_other_octets() -> None:
    """ric.md 3.3: e2Node came third with version 2 and moved the others."""
    newer = encode_pdu(RicControlFailure(REQUEST, 2, CauseTransport.UNSPECIFIED), V2)
    older = encode_pdu(RicControlFailure(REQUEST, 2, CauseTransport.UNSPECIFIED), V1)
    assert newer != older
    assert decode_pdu(older, V1).message == RicControlFailure(
        REQUEST, 2, CauseTransport.UNSPECIFIED
    )
    late = RicControlFailure(REQUEST, 2, CauseRicRequest.CONTROL_TIMER_EXPIRED)
    with pytest.raises(RanwrightError, match="is no alternative of Cause"):
        encode_pdu(late, V1)
    early = RicControlFailure(REQUEST, 2, CauseRicRequestV1.UNSPECIFIED)
    assert decode_pdu(encode_pdu(early, V1), V1).message == early


def test_ack_of_version_1_reads_as_no_ack_later() -> None:
    octets = encode_pdu(
        RicControlRequest(REQUEST, 2, b"h", b"m", None, ControlAckRequestV1.ACK), V1
    )
    assert octets[-1] == 0x20
    later = decode_pdu(octets, V2).message
    assert isinstance(later, RicControlRequest)
    assert later.ack_request is ControlAckRequest.NO_ACK


def test_version_1_has_the_ric_messages_alone() -> None:
    with pytest.raises(RanwrightError, match="E2AP version 1 has no"):
        encode_pdu(ResetRequest(1, CauseMisc.UNSPECIFIED), V1)


def test_items_keep_the_criticality_they_were_sent_with() -> None:
    node = GnbNode(GlobalGnbId(plmn_octets("001", "01"), Bits(5, 22)))
    function = RanFunction(1, b"d", 1, "1.2.3", Criticality.REJECT)
    component = Component(
        InterfaceType.F1, F1Component(1), ComponentConfiguration(b"", b""), Criticality.IGNORE
    )
    message = E2SetupRequest(1, node, (function,), (component,))
    octets = encode_pdu(message)
    assert decode_pdu(octets).message == message
    assert encode_pdu(decode_pdu(octets)) == octets


def _container(*elements: str) -> bytes:
    body = b"\0" + len(elements).to_bytes(2, "big") + b"".join(map(bytes.fromhex, elements))
    return b"\x00\x05\x40" + bytes((len(body),)) + body


REQUEST_ELEMENT = "001d000500007b0004"
FUNCTION_ELEMENT = "000500020002"


def test_missing_repeated_and_wrong_elements_are_named() -> None:
    missing, falsely = "e2.missing_element", "e2.falsely_constructed"
    empty = _malformed(_container(), code=missing)
    assert "mandatory element 29 (request_id) is missing" in empty
    twice = _container(REQUEST_ELEMENT, REQUEST_ELEMENT)
    assert "element 29 (request_id) stands twice" in _malformed(twice, code=falsely)
    both = _container(REQUEST_ELEMENT, FUNCTION_ELEMENT)
    assert "mandatory element 15 (action_id) is missing" in _malformed(both, code=missing)
    assert "there is no criticality 3" in _malformed(_container("001dc00500007b0004"))


def test_an_item_of_another_kind_is_falsely_constructed() -> None:
    octets = bytearray(encode_pdu(RicServiceQuery(1, (RanFunctionRevision(1, 1),))))
    place = octets.rindex(b"\x00\x06\x40")
    octets[place + 1] = 7
    told = _malformed(bytes(octets), code="e2.falsely_constructed")
    assert "element 7 stands where 6 is expected" in told
    assert "accepted[0] of E2AP-PDU" in told


def test_errors_say_what_to_answer() -> None:
    for octets, cause in (
        (b"", CauseProtocol.TRANSFER_SYNTAX_ERROR),
        (_container(), CauseProtocol.ABSTRACT_SYNTAX_ERROR_REJECT),
        (b"\x00\x63\x00\x03\x00\x00\x00", CauseProtocol.ABSTRACT_SYNTAX_ERROR_REJECT),
        (_container(REQUEST_ELEMENT, REQUEST_ELEMENT), CauseProtocol.FALSELY_CONSTRUCTED_MESSAGE),
    ):
        with pytest.raises(RanwrightError) as caught:
            decode_pdu(octets)
        assert cause_of(caught.value) is cause


def test_what_a_later_version_adds_to_a_message_is_skipped() -> None:
    octets = encode_pdu(RicServiceQuery(1))
    head, body = octets[:3], bytearray(octets[4:])
    body[0] = 0x80
    longer = bytes(body) + bytes.fromhex("01" + "80" + "0155")
    assert decode_pdu(head + bytes((len(longer),)) + longer).message == RicServiceQuery(1)


def test_order_of_elements_does_not_matter_and_is_canonical_when_encoded() -> None:
    rest = ("000f000101", "001c000100", "00190002" + "0168", "001a0002" + "0162")
    ordered = _container(REQUEST_ELEMENT, FUNCTION_ELEMENT, *rest)
    mixed = _container(*rest, FUNCTION_ELEMENT, REQUEST_ELEMENT)
    assert decode_pdu(mixed) == decode_pdu(ordered)
    assert encode_pdu(decode_pdu(mixed)) == ordered


def test_head_of_a_pdu_is_checked() -> None:
    octets = encode_pdu(INDICATION)
    assert "no kind of message 3" in _malformed(b"\x60" + octets[1:])
    assert "no criticality 3" in _malformed(octets[:2] + b"\xc0" + octets[3:])
    assert "has no initiating message of procedure 99" in _malformed(
        b"\x00\x63" + octets[2:], code="e2.unknown_message"
    )
    assert "octets are left over" in _malformed(octets + b"\0")
    assert "bits are needed" in _malformed(octets[:-1])
    assert "bits are needed" in _malformed(b"")


def test_errors_name_the_element() -> None:
    octets = bytearray(encode_pdu(RicSubscriptionDeleteRequest(REQUEST, 2)))
    octets[-2] = 0xFF
    assert "ran_function_id of E2AP-PDU" in _malformed(bytes(octets))
    with pytest.raises(RanwrightError, match=r"ran_function_id of E2AP-PDU.*5000 is outside"):
        encode_pdu(RicSubscriptionDeleteRequest(REQUEST, 5000))


def test_peek_reads_what_routing_needs() -> None:
    seen = peek(encode_pdu(INDICATION))
    assert (seen.procedure, seen.kind) == (Procedure.RIC_INDICATION, MessageKind.INITIATING)
    assert (seen.request_id, seen.ran_function_id) == (REQUEST, 2)
    huge = RicIndication(REQUEST, 9, 1, IndicationType.REPORT, b"", bytes(200_000))
    assert peek(encode_pdu(huge)).ran_function_id == 9
    assert decode_pdu(encode_pdu(huge)).message == huge
    unknown = peek(b"\x00\x63" + encode_pdu(INDICATION)[2:])
    assert (unknown.procedure, unknown.request_id) == (99, REQUEST)
    with pytest.raises(RanwrightError, match=r"e2\.malformed"):
        peek(b"\x00\x05")


def test_an_ack_of_nothing_but_ids_is_short() -> None:
    assert len(encode_pdu(RicControlAcknowledge(REQUEST, 2))) == 22


@pytest.mark.parametrize(
    ("mcc", "mnc", "octets", "text"),
    [
        ("001", "01", "00f110", "001/01"),
        ("505", "01", "05f510", "505/01"),
        ("310", "410", "130014", "310/410"),
    ],
)
def test_plmn(mcc: str, mnc: str, octets: str, text: str) -> None:
    assert plmn_octets(mcc, mnc).hex() == octets
    assert plmn_text(bytes.fromhex(octets)) == text


def test_what_is_no_plmn() -> None:
    for mcc, mnc in (("01", "01"), ("001", "1"), ("0a1", "01"), ("００１", "01")):
        with pytest.raises(RanwrightError) as caught:
            plmn_octets(mcc, mnc)
        assert caught.value.code == "e2.bad_plmn"
    assert plmn_text(b"\xaa\xbb\xcc") == "aabbcc"
