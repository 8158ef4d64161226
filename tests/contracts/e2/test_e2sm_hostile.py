"""Any octets whatever give a message of KPM, RC or LLC, or a refusal: no crash, no hang."""

import random
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.e2.kpm.codec import kpm
from contracts.e2.kpm.version import KpmVersion
from contracts.e2.llc.codec import LLC
from contracts.e2.payload import Payload
from contracts.e2.rc.codec import rc
from contracts.e2.rc.version import RcVersion
from contracts.errors import RanwrightError
from tests.contracts.e2.test_e2sm_vectors import ROWS

KPM_PARTS = ("ran_function", "event_trigger", "action_definition")
KPM_PARTS += ("indication_header", "indication_message")
RC_PARTS = (*KPM_PARTS, "call_process_id", "control_header", "control_message")
RC_PARTS += ("control_outcome",)
PAYLOADS: list[Payload[Any]] = [
    getattr(kpm(v), p)
    for v in (KpmVersion.V2_01, KpmVersion.V2_03, KpmVersion.V4_00)
    for p in KPM_PARTS
]
PAYLOADS += [getattr(rc(v), p) for v in (RcVersion.V1_03, RcVersion.V5_00) for p in RC_PARTS]
PAYLOADS += [getattr(LLC, field.name) for field in fields(LLC)]
CODES = {"e2.malformed", "e2.other_layout"}
MUTATIONS = 15_000


def read(payload: Payload[Any], octets: bytes) -> str:
    """The code of the refusal, or nothing where there is a message that can be written again."""
    try:
        value = payload.decode(octets)
    except RanwrightError as refusal:
        return refusal.code
    written = payload.encode(value)
    assert payload.encode(payload.decode(written)) == written
    return ""


@given(st.sampled_from(PAYLOADS), st.binary(max_size=64))
def test_random_octets(payload: Payload[Any], octets: bytes) -> None:
    assert read(payload, octets) in CODES | {""}


def test_mutated_vectors() -> None:
    chance = random.Random(20260)
    taken = 0
    for _ in range(MUTATIONS):
        row = chance.choice(ROWS)
        octets = bytearray.fromhex(row["hex"])
        for _ in range(chance.randint(1, 3)):
            octets[chance.randrange(len(octets))] = chance.choice((0, 1, 0x7F, 0x80, 0xC4, 0xFF))
        if chance.random() < 0.3:
            del octets[chance.randrange(len(octets)) :]
        named = [p for p in PAYLOADS if row["part"].replace("_", " ") in p.name.lower()]
        code = read(chance.choice(named or PAYLOADS), bytes(octets))
        assert code in CODES | {""}
        taken += not code
    assert taken > MUTATIONS // 20


@pytest.mark.parametrize("octets", [b"", b"\xff" * 4096, b"\0" * 4096, b"\x80" * 4096])
@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda p: p.name)
def test_floods_of_one_octet(payload: Payload[Any], octets: bytes) -> None:
    assert read(payload, octets) in CODES | {""}
