"""Slots and when they began (E2SM-LLC 8.3.17, 8.3.18)."""

from dataclasses import dataclass

from contracts.e2.common.shapes import keyed_choice
from contracts.e2.per import Codec, Reader, field, integer, octet_string, sequence

SLOTS_PER_FRAME = {15: 10, 30: 20, 60: 40, 120: 80}
"""By subcarrier spacing in kHz (TS 38.211 Table 4.3.2-1)."""


@dataclass(frozen=True, slots=True)
class SlotIndex:
    """A slot of a frame.

    Attributes:
        subcarrier_spacing_khz: one of :data:`SLOTS_PER_FRAME`.
        number: from 0.
    """

    subcarrier_spacing_khz: int
    number: int


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot of a system frame, whose numbers begin anew after 1023."""

    frame: int
    index: SlotIndex


@dataclass(frozen=True, slots=True)
class SlotTime:
    """A slot and when it began: 8 octets, see :mod:`contracts.e2.ntp`."""

    slot: Slot
    start_time: bytes


def _index(subcarrier_spacing_khz: int) -> Codec[SlotIndex]:
    number = integer(0, SLOTS_PER_FRAME[subcarrier_spacing_khz] - 1)

    def decode(reader: Reader) -> SlotIndex:
        return SlotIndex(subcarrier_spacing_khz, number.decode(reader))

    def encode(value: SlotIndex, out: bytearray, free: int) -> int:
        return number.encode(value.number, out, free)

    return Codec(f"slot at {subcarrier_spacing_khz} kHz", decode, encode, number.width)


def _spacing(value: SlotIndex) -> int:
    return value.subcarrier_spacing_khz


_INDEX: Codec[SlotIndex] = keyed_choice(
    "slot index", _spacing, *((khz, _index(khz)) for khz in SLOTS_PER_FRAME), additions=()
)
SLOT = sequence(
    Slot, field("frame", integer(0, 1023, extensible=True)), field("index", _INDEX), additions=()
)
TIME_STAMP = octet_string(8, 8)
SLOT_TIME = sequence(SlotTime, field("slot", SLOT), field("start_time", TIME_STAMP), additions=())
