"""Byte strings of other implementations: decoded, understood, and encoded again byte for byte."""

import pytest
from e2_vectors import e2ap_vectors

from contracts.e2.ap import (
    CauseMisc,
    ControlAckRequest,
    E2apVersion,
    E2SetupRequest,
    IndicationType,
    InterfaceType,
    NgComponent,
    Procedure,
    RicControlFailure,
    RicControlRequest,
    RicIndication,
    RicRequestId,
    RicSubscriptionRequest,
    decode_pdu,
    encode_pdu,
    not_understood,
    peek,
    plmn_text,
)

VECTORS = e2ap_vectors()


def test_all_vectors_are_here() -> None:
    assert len(VECTORS) == 26


@pytest.mark.parametrize("version", [E2apVersion.V2, E2apVersion.V3])
@pytest.mark.parametrize(("name", "octets"), VECTORS, ids=[name for name, _ in VECTORS])
def test_vector_is_encoded_again(name: str, octets: bytes, version: E2apVersion) -> None:
    pdu = decode_pdu(octets, version)
    assert encode_pdu(pdu, version) == octets
    assert not_understood(pdu.message) == ()
    seen = peek(octets)
    assert (seen.procedure, seen.kind, seen.criticality) == (
        pdu.procedure,
        pdu.kind,
        pdu.criticality,
    )
    assert seen.request_id == getattr(pdu.message, "request_id", None)
    assert seen.ran_function_id == getattr(pdu.message, "ran_function_id", None)


def _vector(name: str) -> bytes:
    return dict(VECTORS)[name]


def test_flexric_setup_is_understood() -> None:
    message = decode_pdu(_vector("flexric-0"), E2apVersion.V2).message
    assert isinstance(message, E2SetupRequest)
    assert plmn_text(message.node.gnb.plmn) == "505/01"
    assert message.node.gnb.gnb_id == (1, 32)
    assert [f.oid for f in message.functions] == [
        "1.3.6.1.4.1.53148.1.2.2.2",
        "1.3.6.1.4.1.53148.1.1.2.3",
    ]
    component = message.components[0]
    assert (component.interface, component.id) == (InterfaceType.NG, NgComponent("Dummy message"))
    assert component.configuration.request == b"NGAP Request Message sent"


def test_indication_and_subscription_are_understood() -> None:
    request = decode_pdu(_vector("flexric-2")).message
    assert isinstance(request, RicSubscriptionRequest)
    assert request.request_id == RicRequestId(1021, 7)
    assert [a.action_id for a in request.details.actions] == [1]
    report = decode_pdu(_vector("flexric-4")).message
    assert isinstance(report, RicIndication)
    assert (report.type, report.action_id) == (IndicationType.REPORT, 1)
    assert b"OAI" in report.header


def test_control_and_its_failure_are_understood() -> None:
    request = decode_pdu(_vector("srsRAN_Project-130")).message
    assert isinstance(request, RicControlRequest)
    assert request.ack_request is ControlAckRequest.ACK
    assert (request.ran_function_id, len(request.header), len(request.message)) == (3, 16, 69)
    failure = decode_pdu(_vector("srsRAN_Project-154"))
    assert isinstance(failure.message, RicControlFailure)
    assert failure.message.cause is CauseMisc.UNSPECIFIED
    assert failure.procedure is Procedure.RIC_CONTROL
