"""E2 setup (E2AP 9.1.2.2 to 9.1.2.4)."""

from dataclasses import dataclass

from contracts.e2.ap.causes import Cause, cause_codec
from contracts.e2.ap.components import Component, ComponentAck, ack_list, component_list
from contracts.e2.ap.container import IGNORE, REJECT, MessageCodec, ie, maybe, message
from contracts.e2.ap.diagnostics import DIAGNOSTICS, CriticalityDiagnostics
from contracts.e2.ap.identifiers import NODE_ID, RIC_ID, GlobalE2NodeId, GlobalRicId
from contracts.e2.ap.services import (
    RAN_FUNCTIONS,
    REVISIONS,
    RanFunction,
    RanFunctionRejected,
    RanFunctionRevision,
    rejected_functions,
)
from contracts.e2.ap.transport import TIME_TO_WAIT, TNL, TRANSACTION, TimeToWait, TnlInformation
from contracts.e2.ap.version import E2apMessage, E2apVersion


@dataclass(frozen=True, slots=True)
class E2SetupRequest(E2apMessage):
    """E2 node to RIC: who it is, what it offers, of what it consists."""

    transaction_id: int
    node: GlobalE2NodeId
    functions: tuple[RanFunction, ...]
    components: tuple[Component, ...]


@dataclass(frozen=True, slots=True)
class E2SetupResponse(E2apMessage):
    """RIC to E2 node."""

    transaction_id: int
    ric: GlobalRicId
    components: tuple[ComponentAck, ...]
    accepted: tuple[RanFunctionRevision, ...] | None = None
    rejected: tuple[RanFunctionRejected, ...] | None = None


@dataclass(frozen=True, slots=True)
class E2SetupFailure(E2apMessage):
    """RIC to E2 node: not now, or not here but at ``tnl``."""

    transaction_id: int
    cause: Cause
    time_to_wait: TimeToWait | None = None
    diagnostics: CriticalityDiagnostics | None = None
    tnl: TnlInformation | None = None


def codecs(version: E2apVersion) -> tuple[MessageCodec, ...]:
    """Messages of this procedure as ``version`` has them."""
    return (
        message(
            E2SetupRequest,
            TRANSACTION,
            ie(3, REJECT, "node", NODE_ID),
            ie(10, REJECT, "functions", RAN_FUNCTIONS),
            ie(50, REJECT, "components", component_list(51)),
        ),
        message(
            E2SetupResponse,
            TRANSACTION,
            ie(4, REJECT, "ric", RIC_ID),
            maybe(9, REJECT, "accepted", REVISIONS),
            maybe(13, REJECT, "rejected", rejected_functions(version)),
            ie(52, REJECT, "components", ack_list(53, version)),
        ),
        message(
            E2SetupFailure,
            TRANSACTION,
            ie(1, IGNORE, "cause", cause_codec(version)),
            maybe(31, IGNORE, "time_to_wait", TIME_TO_WAIT),
            maybe(2, IGNORE, "diagnostics", DIAGNOSTICS),
            maybe(48, IGNORE, "tnl", TNL),
        ),
    )
