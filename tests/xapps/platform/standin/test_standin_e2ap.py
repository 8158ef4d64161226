"""ricxappframe's own E2AP module, unmodified, on the stand-in."""

import importlib
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.e2.ap import (
    ActionNotAdmitted,
    ActionToBeSetup,
    ActionType,
    CauseMisc,
    CauseRicRequest,
    ControlAckRequest,
    IndicationType,
    RicControlRequest,
    RicIndication,
    RicRequestId,
    RicSubscriptionRequest,
    RicSubscriptionResponse,
    RicTimeToWait,
    SubscriptionDetails,
    SubsequentAction,
    SubsequentActionType,
    decode_pdu,
    encode_pdu,
)
from xapps.platform.standin.install import E2AP_LIBRARY, install

if not install()[E2AP_LIBRARY]:
    pytest.skip("the real libriclibe2ap.so was loaded", allow_module_level=True)

_REQUEST_ID = RicRequestId(123, 7)


@pytest.fixture(scope="module")
def asn1() -> ModuleType:
    return importlib.import_module("ricxappframe.e2ap.asn1")


@pytest.mark.parametrize("size", [0, 1, 127, 128, 1000, 5000])
def test_an_indication_is_decoded(asn1: ModuleType, size: int) -> None:
    header, message = b"\x01" * 5, bytes(range(256)) * 20
    sent = RicIndication(
        _REQUEST_ID, 2, 1, IndicationType.REPORT, header, message[:size], 17, b"call"
    )
    found = asn1.IndicationMsg()
    found.decode(encode_pdu(sent))
    assert found.request_id == 1  # the framework overwrites it
    assert found.request_sequence_number == 7
    assert (found.function_id, found.action_id) == (2, 1)
    assert (found.indication_sequence_number, found.indication_type) == (17, 0)
    assert (found.indication_header, found.indication_message) == (header, message[:size])
    assert found.call_process_id == b"call"


def test_what_an_indication_need_not_hold_is_empty(asn1: ModuleType) -> None:
    found = asn1.IndicationMsg()
    found.decode(encode_pdu(RicIndication(_REQUEST_ID, 2, 1, IndicationType.INSERT, b"h", b"m")))
    assert found.call_process_id == b""
    assert found.indication_sequence_number == 0
    assert found.indication_type == 1


@given(st.binary(max_size=80))
def test_other_octets_are_refused(octets: bytes) -> None:
    asn1 = importlib.import_module("ricxappframe.e2ap.asn1")
    for kind in (asn1.IndicationMsg, asn1.SubResponseMsg):
        with pytest.raises(Exception, match="Payload is not matched"):
            kind().decode(octets)


def test_a_subscription_response_is_decoded(asn1: ModuleType) -> None:
    refused = (
        ActionNotAdmitted(3, CauseRicRequest.EXCESSIVE_ACTIONS),
        ActionNotAdmitted(4, CauseMisc.OM_INTERVENTION),
    )
    found = asn1.SubResponseMsg()
    found.decode(encode_pdu(RicSubscriptionResponse(_REQUEST_ID, 2, (1, 2), refused)))
    assert (found.request_id, found.request_sequence_number, found.function_id) == (123, 7, 2)
    admitted, not_admitted = found.action_admitted_list, found.action_not_admitted_list
    assert (admitted.count, list(admitted.request_id[:2])) == (2, [1, 2])
    assert (not_admitted.count, list(not_admitted.request_id[:2])) == (2, [3, 4])
    causes = [(cause.cause_type, cause.cause_id) for cause in not_admitted.cause[:2]]
    assert causes == [(1, 2), (6, 2)]


def _control(asn1: ModuleType, ack_request: int, message: bytes = b"message") -> Any:
    return asn1.ControlRequestMsg().encode(123, 7, 2, b"call", b"header", message, ack_request)


def test_a_control_that_wants_an_acknowledgement_says_so(asn1: ModuleType) -> None:
    """The C library gives the size in bits, and an acknowledgement wanted reads as none wanted."""
    for number, ack_request in ((0, ControlAckRequest.NO_ACK), (1, ControlAckRequest.ACK)):
        size, buffer = _control(asn1, number)
        sent = RicControlRequest(_REQUEST_ID, 2, b"header", b"message", b"call", ack_request)
        assert buffer[:size] == encode_pdu(sent)
        assert not any(buffer[size:])


def test_pycrate_reads_the_control_alike(asn1: ModuleType) -> None:
    oracle = importlib.import_module("pycrate_asn1dir.E2AP").E2AP_PDU_Descriptions.E2AP_PDU
    size, buffer = _control(asn1, 1)
    oracle.from_aper(buffer[:size])
    body = oracle.get_val()[1]["value"][1]["protocolIEs"]
    values = {element["id"]: element["value"][1] for element in body}
    assert values[29] == {"ricRequestorID": 123, "ricInstanceID": 7}
    assert (values[20], values[22], values[23], values[21]) == (
        b"call",
        b"header",
        b"message",
        "ack",
    )


def test_the_callers_buffer_of_1024_octets_reads_back_whole(asn1: ModuleType) -> None:
    indication = encode_pdu(RicIndication(_REQUEST_ID, 2, 1, IndicationType.REPORT, b"h", b"m"))
    for length in (len(indication), 1024):
        found = asn1.IndicationMsg()
        found.decode(indication.ljust(length, b"\0"))
        assert found.indication_message == b"m"
    long = encode_pdu(RicIndication(_REQUEST_ID, 2, 1, IndicationType.REPORT, b"h", bytes(300)))
    found.decode(long.ljust(1024, b"\0"))
    assert found.indication_message == bytes(300)


@pytest.mark.parametrize(
    "arguments",
    [(2,), (-1,), (1, bytes(1024))],
)
def test_a_control_that_cannot_be_written_is_refused(
    asn1: ModuleType, arguments: tuple[Any, ...]
) -> None:
    with pytest.raises(Exception, match="Could not create payload"):
        _control(asn1, *arguments)


def test_an_empty_call_process_id_is_left_out(asn1: ModuleType) -> None:
    size, buffer = asn1.ControlRequestMsg().encode(1, 2, 3, b"", b"h", b"m", 1)
    message = decode_pdu(buffer[:size]).message
    assert isinstance(message, RicControlRequest)
    assert message.call_process_id is None


def _action(asn1: ModuleType, definition: bytes, wait: int | None) -> tuple[Any, Any]:
    action, subsequent = asn1.ActionDefinition(), asn1.SubsequentAction()
    action.action_definition, action.size = definition, len(definition)
    if wait is not None:
        subsequent.is_valid, subsequent.subsequent_action_type = 1, 1
        subsequent.time_to_wait = wait
    return action, subsequent


def test_a_subscription_request_is_encoded(asn1: ModuleType) -> None:
    definitions, subsequents = zip(
        _action(asn1, b"first", None), _action(asn1, b"", 3), strict=True
    )
    size, buffer = asn1.SubRequestMsg().encode(
        123, 7, 2, b"trigger", [1, 2], [0, 1], definitions, subsequents
    )
    wait = SubsequentAction(SubsequentActionType.WAIT, RicTimeToWait.W10MS)
    expected = RicSubscriptionRequest(
        _REQUEST_ID,
        2,
        SubscriptionDetails(
            b"trigger",
            (
                ActionToBeSetup(1, ActionType.REPORT, b"first"),
                ActionToBeSetup(2, ActionType.INSERT, None, wait),
            ),
        ),
    )
    assert decode_pdu(buffer[:size]).message == expected


@pytest.mark.parametrize(("kind", "wait"), [(7, None), (0, 99)])
def test_a_subscription_of_unknown_kind_is_refused(
    asn1: ModuleType, kind: int, wait: int | None
) -> None:
    definition, subsequent = _action(asn1, b"d", wait)
    with pytest.raises(Exception, match="Could not create payload"):
        asn1.SubRequestMsg().encode(1, 2, 3, b"t", [1], [kind], [definition], [subsequent])
