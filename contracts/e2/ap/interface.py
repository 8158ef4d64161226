"""Reset, error indication and E2 removal (E2AP 9.1.2.1, 9.1.2.5 to 9.1.2.7, 9.1.2.18)."""

from dataclasses import dataclass

from contracts.e2.ap.causes import Cause, cause_codec
from contracts.e2.ap.container import IGNORE, REJECT, MessageCodec, ie, maybe, message
from contracts.e2.ap.diagnostics import DIAGNOSTICS, CriticalityDiagnostics
from contracts.e2.ap.identifiers import RAN_FUNCTION_ID, REQUEST_ID, RicRequestId
from contracts.e2.ap.transport import TRANSACTION, TRANSACTION_ID
from contracts.e2.ap.version import E2apMessage, E2apVersion


@dataclass(frozen=True, slots=True)
class ErrorIndication(E2apMessage):
    """Either side: something received could not be handled."""

    transaction_id: int | None = None
    request_id: RicRequestId | None = None
    ran_function_id: int | None = None
    cause: Cause | None = None
    diagnostics: CriticalityDiagnostics | None = None


@dataclass(frozen=True, slots=True)
class ResetRequest(E2apMessage):
    """Either side: forget all subscriptions and controls."""

    transaction_id: int
    cause: Cause


@dataclass(frozen=True, slots=True)
class ResetResponse(E2apMessage):
    """The other side: forgotten."""

    transaction_id: int
    diagnostics: CriticalityDiagnostics | None = None


@dataclass(frozen=True, slots=True)
class E2RemovalRequest(E2apMessage):
    """Either side: end the association. Version 3."""

    transaction_id: int


@dataclass(frozen=True, slots=True)
class E2RemovalResponse(E2apMessage):
    """The other side: it may end."""

    transaction_id: int
    diagnostics: CriticalityDiagnostics | None = None


@dataclass(frozen=True, slots=True)
class E2RemovalFailure(E2apMessage):
    """The other side: it may not end."""

    transaction_id: int
    cause: Cause
    diagnostics: CriticalityDiagnostics | None = None


def codecs(version: E2apVersion) -> tuple[MessageCodec, ...]:
    """Messages of these procedures as ``version`` has them."""
    cause = cause_codec(version)
    diagnostics = maybe(2, IGNORE, "diagnostics", DIAGNOSTICS)
    removal = (
        message(E2RemovalRequest, TRANSACTION),
        message(E2RemovalResponse, TRANSACTION, diagnostics),
        message(E2RemovalFailure, TRANSACTION, ie(1, IGNORE, "cause", cause), diagnostics),
    )
    return (
        message(
            ErrorIndication,
            maybe(49, REJECT, "transaction_id", TRANSACTION_ID),
            maybe(29, REJECT, "request_id", REQUEST_ID),
            maybe(5, REJECT, "ran_function_id", RAN_FUNCTION_ID),
            maybe(1, IGNORE, "cause", cause),
            diagnostics,
        ),
        message(ResetRequest, TRANSACTION, ie(1, IGNORE, "cause", cause)),
        message(ResetResponse, TRANSACTION, diagnostics),
        *(removal if version >= E2apVersion.V3 else ()),
    )
