"""What the RIC answers to procedures that an E2 node begins."""

from contracts.e2.ap import (
    CauseProtocol,
    Component,
    ComponentAck,
    ComponentRemoval,
    ConfigurationAck,
    E2apMessage,
    E2NodeConfigurationUpdate,
    E2NodeConfigurationUpdateAcknowledge,
    E2RemovalRequest,
    E2RemovalResponse,
    E2SetupRequest,
    E2SetupResponse,
    ErrorIndication,
    GlobalRicId,
    RanFunction,
    RanFunctionRevision,
    ResetRequest,
    ResetResponse,
    RicServiceUpdate,
    RicServiceUpdateAcknowledge,
    UpdateOutcome,
)
from contracts.e2.common.cells import plmn_identity
from contracts.e2.identity import MCC, MNC

RIC_ID = GlobalRicId(plmn_identity(MCC, MNC), 1)
_TAKEN = ConfigurationAck(UpdateOutcome.SUCCESS)


def to_setup(request: E2SetupRequest) -> E2SetupResponse:
    """Every RAN function is accepted: xApps, not the platform, know service models."""
    return E2SetupResponse(
        request.transaction_id,
        RIC_ID,
        components=_acks(request.components) or (),
        accepted=_revisions(request.functions),
    )


def to_procedure(message: E2apMessage) -> E2apMessage:
    """The answer to any other procedure of a node; an error indication to what is none."""
    match message:
        case RicServiceUpdate(transaction_id, added=added, modified=modified):
            accepted = (_revisions(added) or ()) + (_revisions(modified) or ())
            return RicServiceUpdateAcknowledge(transaction_id, accepted or None)
        case E2NodeConfigurationUpdate():
            return E2NodeConfigurationUpdateAcknowledge(
                message.transaction_id,
                added=_acks(message.added),
                updated=_acks(message.updated),
                removed=_acks(message.removed),
            )
        case ResetRequest():
            return ResetResponse(message.transaction_id)
        case E2RemovalRequest():
            return E2RemovalResponse(message.transaction_id)
        case _:
            return ErrorIndication(cause=CauseProtocol.MESSAGE_NOT_COMPATIBLE_WITH_RECEIVER_STATE)


def _acks(
    components: tuple[Component | ComponentRemoval, ...] | None,
) -> tuple[ComponentAck, ...] | None:
    return tuple(ComponentAck(c.interface, c.id, _TAKEN) for c in components or ()) or None


def _revisions(functions: tuple[RanFunction, ...] | None) -> tuple[RanFunctionRevision, ...] | None:
    found = (RanFunctionRevision(f.ran_function_id, f.revision) for f in functions or ())
    return tuple(found) or None
