"""What RMR carries: a typed message, and the state of an operation."""

from dataclasses import dataclass
from enum import IntEnum

NO_SUB_ID = -1
MOST_XID_BYTES = 32
MOST_MEID_BYTES = 31  # 32 in the header, the last one ends the string
MOST_SOURCE_BYTES = 63
MOST_CALL_ID = 255


class RmrState(IntEnum):
    """How a send, call or receive ended; the numbers are those of RMR's C interface."""

    OK = 0
    BAD_ARGUMENT = 1
    NO_ENDPOINT = 2
    EMPTY = 3
    NO_HEADER = 4
    SEND_FAILED = 5
    CALL_FAILED = 6
    NO_WORMHOLE_OPEN = 7
    WORMHOLE_ID = 8
    OVERFLOW = 9
    RETRY = 10
    RECEIVE_FAILED = 11
    TIMEOUT = 12
    UNSET = 13
    TRUNCATED = 14
    INIT_FAILED = 15


@dataclass(frozen=True, slots=True)
class RmrMessage:
    """One message.

    Args:
        mtype: message type, a signed 32-bit number; it selects the route.
        payload: the octets carried.
        sub_id: subscription (E2: RIC instance id; A1: policy type), -1 when unset.
        meid: managed entity, e.g. the RAN name of an E2 node; at most 31 octets in UTF-8.
        xid: transaction id, at most 32 octets; NULs at its end do not count.
        source: ``name:port`` of the sender, where an answer goes. Set by the sending endpoint.
        source_ip: ``ip:port`` of the sender. Set by the sending endpoint.
        trace: octets of the trace area.
        call_id: whose answer this is (0 nobody's, 1 ``rmr_call``, 2-255 a numbered waiter).
        is_call: the sender waits for an answer.
        arrived_on: number of the connection that a received message came in on.
    """

    mtype: int
    payload: bytes = b""
    sub_id: int = NO_SUB_ID
    meid: str = ""
    xid: bytes = b""
    source: str = ""
    source_ip: str = ""
    trace: bytes = b""
    call_id: int = 0
    is_call: bool = False
    arrived_on: int | None = None
