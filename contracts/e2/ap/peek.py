"""What a PDU is about, without decoding its body: for routing."""

from dataclasses import dataclass

from contracts.e2.ap.container import take_count, take_ie_head, take_message_head
from contracts.e2.ap.identifiers import RAN_FUNCTION_ID, REQUEST_ID, RicRequestId
from contracts.e2.ap.pdu import take_pdu_head
from contracts.e2.ap.version import Criticality, MessageKind
from contracts.e2.per import Codec, PerError, Reader, decode, open_type, take_counted

_REQUEST_ID, _RAN_FUNCTION_ID = open_type(REQUEST_ID), open_type(RAN_FUNCTION_ID)


@dataclass(frozen=True, slots=True)
class Peek:
    """What routing needs.

    Attributes:
        procedure: procedure code, known or not, see :class:`~contracts.e2.ap.Procedure`.
        kind: initiating, successful or unsuccessful.
        criticality: of the procedure.
        request_id: where the message has one.
        ran_function_id: where the message has one.
    """

    procedure: int
    kind: MessageKind
    criticality: Criticality
    request_id: RicRequestId | None = None
    ran_function_id: int | None = None


def peek(octets: bytes) -> Peek:
    """Read what a PDU is about; it stops behind the RAN function id.

    Raises:
        RanwrightError: ``e2.malformed``.
    """
    return decode(_PEEK, octets)


def _take(reader: Reader) -> Peek:
    kind, procedure, criticality = take_pdu_head(reader)
    body = Reader(take_counted(reader), origin=reader.origin + 24)
    request_id: RicRequestId | None = None
    ran_function_id: int | None = None
    take_message_head(body)
    for _ in range(take_count(body)):
        id_, _ = take_ie_head(body)
        if id_ == 29:
            request_id = _REQUEST_ID.decode(body)
        elif id_ == 5:
            ran_function_id = _RAN_FUNCTION_ID.decode(body)
            break
        else:
            take_counted(body)
    return Peek(procedure, kind, criticality, request_id, ran_function_id)


def _put(_: Peek, __: bytearray, ___: int) -> int:
    raise PerError("a glance at a PDU is not a PDU")


_PEEK = Codec("E2AP-PDU", _take, _put)
