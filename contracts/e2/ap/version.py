"""Versions of E2AP and what all its messages have in common."""

from dataclasses import dataclass
from enum import IntEnum


class E2apVersion(IntEnum):
    """Versions of O-RAN.WG3.E2AP that differ on the wire.

    V1 serves foreign RIC messages (subscription, indication, control) alone: it has other causes
    and acknowledgement requests. V3 stands for 3.00 and later.
    """

    V1 = 1
    V2 = 2
    V3 = 3


class Criticality(IntEnum):
    """What a receiver does with something it does not understand (E2AP 9.3, 10.3)."""

    REJECT = 0
    IGNORE = 1
    NOTIFY = 2


class MessageKind(IntEnum):
    """Place of a message in its elementary procedure."""

    INITIATING = 0
    SUCCESSFUL = 1
    UNSUCCESSFUL = 2


class Procedure(IntEnum):
    """Procedure codes of elementary procedures (E2AP 9.3.7)."""

    E2_SETUP = 1
    ERROR_INDICATION = 2
    RESET = 3
    RIC_CONTROL = 4
    RIC_INDICATION = 5
    RIC_SERVICE_QUERY = 6
    RIC_SERVICE_UPDATE = 7
    RIC_SUBSCRIPTION = 8
    RIC_SUBSCRIPTION_DELETE = 9
    E2_NODE_CONFIGURATION_UPDATE = 10
    E2_CONNECTION_UPDATE = 11
    RIC_SUBSCRIPTION_DELETE_REQUIRED = 12
    E2_REMOVAL = 13
    RIC_SUBSCRIPTION_MODIFICATION = 14
    RIC_SUBSCRIPTION_MODIFICATION_REQUIRED = 15
    RIC_QUERY = 16


@dataclass(frozen=True, slots=True)
class RawIe:
    """An information element this version does not know, kept so that it is encoded again.

    Attributes:
        id: its protocol IE id.
        criticality: what its sender wants done about it.
        octets: its value, undecoded.
        index: its place among all elements of the message.
    """

    id: int
    criticality: Criticality
    octets: bytes
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class E2apMessage:
    """Base of all messages.

    Attributes:
        unknown: elements that were not understood, see :func:`contracts.e2.ap.not_understood`.
    """

    unknown: tuple[RawIe, ...] = ()
