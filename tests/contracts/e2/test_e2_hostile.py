"""Any octets whatever give a message or a clear error: 100 000 random and mutated inputs."""

import random
import time

import pytest
from e2_vectors import e2ap_vectors

from contracts.e2.ap import E2apVersion, decode_pdu, encode_pdu, peek
from contracts.e2.known import SERVICE_MODELS
from contracts.e2.models import Decoder
from contracts.errors import RanwrightError

SEEDS = [octets for _, octets in e2ap_vectors()]
CODES = {
    "e2.malformed",
    "e2.missing_element",
    "e2.falsely_constructed",
    "e2.unknown_message",
}
MUTANTS, RANDOM = 90_000, 10_000
_LENGTHS = (0x00, 0x7F, 0x80, 0xBF, 0xC1, 0xC4, 0xFF)


def _mutated(chance: random.Random) -> bytes:
    octets = bytearray(chance.choice(SEEDS))
    for _ in range(chance.randint(1, 3)):
        place = min(chance.randrange(len(octets)), chance.randrange(len(octets)))
        match chance.randrange(6):
            case 0:
                octets[place] ^= 1 << chance.randrange(8)
            case 1:
                octets[place] = chance.randrange(256)
            case 2:
                octets[place] = chance.choice(_LENGTHS)
            case 3:
                del octets[place : place + chance.randint(1, 8)]
            case 4:
                octets[place:place] = chance.randbytes(chance.randint(1, 8))
            case _:
                other = chance.choice(SEEDS)
                start = chance.randrange(len(other))
                octets[place:] = other[start:]
        if not octets:
            return b""
    return bytes(octets)


def _try(octets: bytes, version: E2apVersion) -> bool:
    """Whether the octets are a message; one that is can be encoded, and is itself again."""
    try:
        pdu = decode_pdu(octets, version)
    except RanwrightError as error:
        if error.code not in CODES:
            raise
        return False
    again = encode_pdu(pdu, version)
    assert decode_pdu(again, version) == pdu
    assert peek(again).procedure == pdu.procedure
    return True


def test_mutated_messages() -> None:
    chance = random.Random(1)
    understood = sum(_try(_mutated(chance), E2apVersion(2 + n % 2)) for n in range(MUTANTS))
    assert understood > MUTANTS // 20


def test_random_octets() -> None:
    chance = random.Random(2)
    decoders = [one for model in SERVICE_MODELS for one in model.decoders.values()]
    for n in range(RANDOM):
        octets = chance.randbytes(chance.randrange(120))
        head = bytes((0x20 * (n % 3), 1 + n % 16, 0))
        _try(head + bytes((min(len(octets), 127),)) + octets, E2apVersion.V3)
        if decoders:
            _try_payload(decoders[n % len(decoders)], octets)


def _try_payload(decoder: Decoder, octets: bytes) -> None:
    try:
        decoder(octets)
    except RanwrightError as error:
        if not error.code.startswith("e2."):
            raise


@pytest.mark.parametrize("octets", SEEDS, ids=range(len(SEEDS)))
def test_every_cut_is_refused(octets: bytes) -> None:
    for end in range(0, len(octets), 1 + len(octets) // 200):
        with pytest.raises(RanwrightError, match=r"e2\.malformed"):
            decode_pdu(octets[:end])


def test_large_claims_cost_nothing() -> None:
    """A length or count that is not followed by its octets is refused at once."""
    hostile = [
        b"\x00\x05\x40" + b"\xc4" * 65_000,
        b"\x00\x05\x40\x03\x00\xff\xff",
        b"\x00\x05\x40\xbf\xff" + bytes(16_383),
        b"\x00\x01\x00\xbf\xff\x00\xff\xff" + b"\x00\x0a\x00\x00" * 4_095,
        bytes.fromhex("000540") + b"\xc1" + bytes(16_384) + b"\x00",
    ]
    began = time.process_time()
    for octets in hostile:
        assert not _try(octets, E2apVersion.V3)
    assert time.process_time() - began < 1.0
