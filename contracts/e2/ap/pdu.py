"""E2AP PDUs: octets to typed messages and back (E2AP 9.3.2, 9.3.3)."""

from dataclasses import dataclass
from functools import cache
from typing import Final

from contracts.e2.ap import (
    configuration,
    control,
    interface,
    modification,
    services,
    setup,
    subscription,
)
from contracts.e2.ap.procedures import PROCEDURES
from contracts.e2.ap.version import (
    Criticality,
    E2apMessage,
    E2apVersion,
    MessageKind,
    Procedure,
)
from contracts.e2.per import Codec, PerError, Reader, decode, encode, open_type, take_octets

Key = tuple[int, int]
_RIC_MODULES: Final = (subscription, control)
_MODULES: Final = (*_RIC_MODULES, modification, services, setup, configuration, interface)
UNKNOWN_MESSAGE: Final = "e2.unknown_message"
_HEAD_OCTETS = 3  # kind, procedure code, criticality; the open type's length is behind them
_KINDS = tuple(MessageKind)
_CRITICALITIES = tuple(Criticality)


@dataclass(frozen=True, slots=True)
class E2apPdu:
    """A message and what surrounds it on the wire.

    Attributes:
        message: typed; its class says procedure and kind.
        criticality: of the procedure, as its sender gave it.
    """

    message: E2apMessage
    criticality: Criticality

    @property
    def procedure(self) -> Procedure:
        """The elementary procedure."""
        return Procedure(place_of(self.message)[0])

    @property
    def kind(self) -> MessageKind:
        """Whether it begins the procedure or ends it."""
        return MessageKind(place_of(self.message)[1])


def decode_pdu(octets: bytes, version: E2apVersion = E2apVersion.V3) -> E2apPdu:
    """Decode one PDU.

    Args:
        octets: the whole PDU and nothing else.
        version: what the sender speaks.

    Raises:
        RanwrightError: ``e2.malformed``, ``e2.missing_element``, ``e2.falsely_constructed`` or
            ``e2.unknown_message``, with the path of the element and the bit;
            :func:`contracts.e2.ap.cause_of` says what to answer.
    """
    return decode(_codec(version), octets)


def encode_pdu(pdu: E2apPdu | E2apMessage, version: E2apVersion = E2apVersion.V3) -> bytes:
    """Encode one PDU; a message alone gets the criticality of its procedure.

    Raises:
        RanwrightError: ``e2.unencodable``, where a value is out of bounds or of another version.
    """
    if isinstance(pdu, E2apMessage):
        pdu = E2apPdu(pdu, PROCEDURES[Procedure(place_of(pdu)[0])].criticality)
    return encode(_codec(version), pdu)


def first_pdu(octets: bytes) -> bytes:
    """The PDU without what follows it: some senders send the whole buffer that it was encoded into.

    What is no PDU of less than 16K octets is returned as it is.
    """
    length = octets[_HEAD_OCTETS : _HEAD_OCTETS + 2]
    if len(length) == 2 and length[0] < 0x80:
        return octets[: _HEAD_OCTETS + 1 + length[0]]
    if len(length) == 2 and length[0] < 0xC0:
        return octets[: _HEAD_OCTETS + 2 + ((length[0] & 0x3F) << 8 | length[1])]
    return octets


def place_of(message: E2apMessage) -> Key:
    """Procedure code and kind of a message's class."""
    return _PLACES[type(message)]


_PLACES: dict[type[E2apMessage], Key] = {
    cls: (code, kind)
    for code, procedure in PROCEDURES.items()
    for kind, cls in zip(MessageKind, procedure.messages, strict=True)
    if cls is not None
}


@cache
def _codec(version: E2apVersion) -> Codec[E2apPdu]:
    modules = _RIC_MODULES if version == E2apVersion.V1 else _MODULES
    bodies = {
        _PLACES[cls]: open_type(codec)
        for module in modules
        for cls, codec in module.codecs(version)
    }

    def take(reader: Reader) -> E2apPdu:
        kind, code, criticality = take_pdu_head(reader)
        body = bodies.get((code, kind))
        if body is None:
            reason = f"E2AP version {version} has no {_name(code, kind)}"
            raise reader.fault(reason, UNKNOWN_MESSAGE)
        return E2apPdu(body.decode(reader), criticality)

    def put(value: E2apPdu, out: bytearray, _: int) -> int:
        code, kind = place_of(value.message)
        body = bodies.get((code, kind))
        if body is None:
            raise PerError(f"E2AP version {version} has no {_name(code, kind)}")
        out += bytes((kind << 5, code, value.criticality << 6))
        return body.encode(value.message, out, 0)

    return Codec("E2AP-PDU", take, put)


def take_pdu_head(reader: Reader) -> tuple[MessageKind, int, Criticality]:
    """Read kind, procedure code and criticality: three octets before the open type."""
    first, code, third = take_octets(reader, 3)
    if first >> 5 > 2:
        raise reader.fault(f"there is no kind of message {first >> 5}")
    if third >> 6 > 2:
        raise reader.fault("there is no criticality 3")
    return _KINDS[first >> 5], code, _CRITICALITIES[third >> 6]


def _name(code: int, kind: int) -> str:
    known = code in Procedure.__members__.values()
    name = Procedure(code).name if known else f"procedure {code}"
    return f"{MessageKind(kind).name.lower()} message of {name}"
