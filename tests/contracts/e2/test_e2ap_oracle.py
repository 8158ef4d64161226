"""E2AP against pycrate: thousands of random messages, byte for byte."""

import e2ap_oracle
import pytest

from contracts.e2.ap import E2apVersion, decode_pdu, encode_pdu, peek

MESSAGES = [row for row in e2ap_oracle.messages() if row[1] != e2ap_oracle.SUBSCRIPTION_AUDIT]
SAMPLES = 60


def test_every_message_has_an_oracle() -> None:
    assert len(MESSAGES) == 39


@pytest.mark.parametrize("row", MESSAGES, ids=[row[0] for row in MESSAGES])
def test_agreement(row: tuple[str, int, str, str]) -> None:
    for seed in range(SAMPLES):
        octets = e2ap_oracle.encoded(*row, seed)
        pdu = decode_pdu(octets)
        assert pdu.message.unknown == ()
        assert type(pdu.message).__name__.lower() in _names(row[0])
        assert encode_pdu(pdu) == octets
        assert encode_pdu(pdu.message) == octets
        seen = peek(octets)
        assert (seen.procedure, seen.kind) == (pdu.procedure, pdu.kind)


def _names(theirs: str) -> str:
    return theirs.replace("-", "").lower()


V3_ONLY = {13, 14, 15, 16}


@pytest.mark.parametrize("row", [row for row in MESSAGES if row[1] not in V3_ONLY])
def test_version_2_keeps_what_came_with_version_3(row: tuple[str, int, str, str]) -> None:
    for seed in range(20):
        octets = e2ap_oracle.encoded(*row, seed)
        again = encode_pdu(decode_pdu(octets, E2apVersion.V2), E2apVersion.V2)
        assert e2ap_oracle.decodes(again) == again
        if (
            row[0] != "RICsubscriptionRequest"
        ):  # an action's execution order is an addition: skipped
            assert again == octets
