"""E2 node configuration update and E2 connection update (E2AP 9.1.2.12 to 9.1.2.17)."""

from dataclasses import dataclass

from contracts.e2.ap.causes import Cause, cause_codec
from contracts.e2.ap.components import (
    Component,
    ComponentAck,
    ComponentRemoval,
    ack_list,
    component_list,
    removal_list,
)
from contracts.e2.ap.container import IGNORE, REJECT, MessageCodec, ie, list_of, maybe, message
from contracts.e2.ap.diagnostics import DIAGNOSTICS, CriticalityDiagnostics
from contracts.e2.ap.identifiers import NODE_ID, GlobalE2NodeId
from contracts.e2.ap.transport import (
    TIME_TO_WAIT,
    TNL,
    TNL_USAGE,
    TRANSACTION,
    TimeToWait,
    TnlInformation,
    TnlUsage,
)
from contracts.e2.ap.version import E2apMessage, E2apVersion
from contracts.e2.per import Codec, field, sequence


@dataclass(frozen=True, slots=True)
class TnlAssociationRemoval:
    """A transport association, by both ends."""

    node: TnlInformation
    ric: TnlInformation


@dataclass(frozen=True, slots=True)
class Connection:
    """A transport address of the RIC and what it is for."""

    tnl: TnlInformation
    usage: TnlUsage


@dataclass(frozen=True, slots=True)
class ConnectionFailed:
    """A transport address that could not be reached, and why."""

    tnl: TnlInformation
    cause: Cause


@dataclass(frozen=True, slots=True)
class E2NodeConfigurationUpdate(E2apMessage):
    """E2 node to RIC: components that came, changed or went."""

    transaction_id: int
    node: GlobalE2NodeId | None = None
    added: tuple[Component, ...] | None = None
    updated: tuple[Component, ...] | None = None
    removed: tuple[ComponentRemoval, ...] | None = None
    associations_removed: tuple[TnlAssociationRemoval, ...] | None = None


@dataclass(frozen=True, slots=True)
class E2NodeConfigurationUpdateAcknowledge(E2apMessage):
    """RIC to E2 node."""

    transaction_id: int
    added: tuple[ComponentAck, ...] | None = None
    updated: tuple[ComponentAck, ...] | None = None
    removed: tuple[ComponentAck, ...] | None = None


@dataclass(frozen=True, slots=True)
class E2NodeConfigurationUpdateFailure(E2apMessage):
    """RIC to E2 node."""

    transaction_id: int
    cause: Cause
    time_to_wait: TimeToWait | None = None
    diagnostics: CriticalityDiagnostics | None = None


@dataclass(frozen=True, slots=True)
class E2ConnectionUpdate(E2apMessage):
    """RIC to E2 node: other transport addresses."""

    transaction_id: int
    to_add: tuple[Connection, ...] | None = None
    to_remove: tuple[TnlInformation, ...] | None = None
    to_modify: tuple[Connection, ...] | None = None


@dataclass(frozen=True, slots=True)
class E2ConnectionUpdateAcknowledge(E2apMessage):
    """E2 node to RIC."""

    transaction_id: int
    connected: tuple[Connection, ...] | None = None
    failed: tuple[ConnectionFailed, ...] | None = None


@dataclass(frozen=True, slots=True)
class E2ConnectionUpdateFailure(E2apMessage):
    """E2 node to RIC."""

    transaction_id: int
    cause: Cause | None = None
    time_to_wait: TimeToWait | None = None
    diagnostics: CriticalityDiagnostics | None = None


@dataclass(frozen=True, slots=True)
class _Bare:
    tnl: TnlInformation


_MOST = 32
_ASSOCIATIONS = list_of(
    59,
    REJECT,
    sequence(TnlAssociationRemoval, field("node", TNL), field("ric", TNL), additions=()),
    1,
    _MOST,
)
_CONNECTIONS = list_of(
    43,
    IGNORE,
    sequence(Connection, field("tnl", TNL), field("usage", TNL_USAGE), additions=()),
    1,
    _MOST,
)
_BARE = sequence(_Bare, field("tnl", TNL), additions=())
_ADDRESSES = list_of(
    47,
    IGNORE,
    Codec(
        "TNLinformation",
        lambda reader: _BARE.decode(reader).tnl,
        lambda value, out, free: _BARE.encode(_Bare(value), out, free),
    ),
    1,
    _MOST,
)


def codecs(version: E2apVersion) -> tuple[MessageCodec, ...]:
    """Messages of these procedures as ``version`` has them."""
    cause = cause_codec(version)
    failed = sequence(ConnectionFailed, field("tnl", TNL), field("cause", cause), additions=())
    again = (
        maybe(31, IGNORE, "time_to_wait", TIME_TO_WAIT),
        maybe(2, IGNORE, "diagnostics", DIAGNOSTICS),
    )
    return (
        message(
            E2NodeConfigurationUpdate,
            TRANSACTION,
            maybe(3, REJECT, "node", NODE_ID),
            maybe(50, REJECT, "added", component_list(51)),
            maybe(33, REJECT, "updated", component_list(34)),
            maybe(54, REJECT, "removed", removal_list(55)),
            maybe(58, REJECT, "associations_removed", _ASSOCIATIONS),
        ),
        message(
            E2NodeConfigurationUpdateAcknowledge,
            TRANSACTION,
            maybe(52, REJECT, "added", ack_list(53, version)),
            maybe(35, REJECT, "updated", ack_list(36, version)),
            maybe(56, REJECT, "removed", ack_list(57, version)),
        ),
        message(
            E2NodeConfigurationUpdateFailure,
            TRANSACTION,
            ie(1, IGNORE, "cause", cause),
            *again,
        ),
        message(
            E2ConnectionUpdate,
            TRANSACTION,
            maybe(44, REJECT, "to_add", _CONNECTIONS),
            maybe(46, REJECT, "to_remove", _ADDRESSES),
            maybe(45, REJECT, "to_modify", _CONNECTIONS),
        ),
        message(
            E2ConnectionUpdateAcknowledge,
            TRANSACTION,
            maybe(39, REJECT, "connected", _CONNECTIONS),
            maybe(40, REJECT, "failed", list_of(41, IGNORE, failed, 1, _MOST)),
        ),
        message(E2ConnectionUpdateFailure, TRANSACTION, maybe(1, REJECT, "cause", cause), *again),
    )
