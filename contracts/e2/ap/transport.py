"""Transactions, waiting times and transport addresses (E2AP 9.2.13, 9.2.30 to 9.2.33)."""

from dataclasses import dataclass
from enum import IntEnum

from contracts.e2.ap.container import REJECT, ie
from contracts.e2.per import (
    Bits,
    bit_string,
    enumerated,
    field,
    fixed_bits,
    integer,
    optional,
    sequence,
)


class TimeToWait(IntEnum):
    """How long an E2 node waits before it tries again."""

    V1S = 0
    V2S = 1
    V5S = 2
    V10S = 3
    V20S = 4
    V60S = 5


class TnlUsage(IntEnum):
    """What a transport association carries."""

    RIC_SERVICE = 0
    SUPPORT_FUNCTION = 1
    BOTH = 2


@dataclass(frozen=True, slots=True)
class TnlInformation:
    """A transport address: 32 bits IPv4, 128 bits IPv6, 160 bits both; and a port."""

    address: Bits
    port: int | None = None


TIME_TO_WAIT = enumerated(TimeToWait, root=6)
TNL_USAGE = enumerated(TnlUsage, root=3)
TNL = sequence(
    TnlInformation,
    field("address", bit_string(1, 160, extensible=True)),
    optional("port", fixed_bits(16)),
    additions=(),
)
TRANSACTION_ID = integer(0, 255, extensible=True)
TRANSACTION = ie(49, REJECT, "transaction_id", TRANSACTION_ID)
