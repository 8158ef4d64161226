"""What a receiver did not understand (E2AP 9.2.2)."""

from dataclasses import dataclass
from enum import IntEnum

from contracts.e2.ap.causes import CauseProtocol
from contracts.e2.ap.identifiers import REQUEST_ID, RicRequestId
from contracts.e2.ap.version import Criticality, E2apMessage, MessageKind
from contracts.e2.per import enumerated, field, integer, optional, sequence, sequence_of
from contracts.errors import RanwrightError


class TypeOfError(IntEnum):
    """What is wrong with an element."""

    NOT_UNDERSTOOD = 0
    MISSING = 1


@dataclass(frozen=True, slots=True)
class IeDiagnostics:
    """One element that was not understood or is missing."""

    criticality: Criticality
    id: int
    error: TypeOfError


@dataclass(frozen=True, slots=True)
class CriticalityDiagnostics:
    """Which message, and which of its elements."""

    procedure: int | None = None
    kind: MessageKind | None = None
    criticality: Criticality | None = None
    request_id: RicRequestId | None = None
    elements: tuple[IeDiagnostics, ...] | None = None


CRITICALITY = enumerated(Criticality)
DIAGNOSTICS = sequence(
    CriticalityDiagnostics,
    optional("procedure", integer(0, 255)),
    optional("kind", enumerated(MessageKind)),
    optional("criticality", CRITICALITY),
    optional("request_id", REQUEST_ID),
    optional(
        "elements",
        sequence_of(
            sequence(
                IeDiagnostics,
                field("criticality", CRITICALITY),
                field("id", integer(0, 65_535)),
                field("error", enumerated(TypeOfError, root=2)),
                additions=(),
            ),
            1,
            256,
        ),
    ),
    additions=(),
)


def not_understood(message: E2apMessage) -> tuple[IeDiagnostics, ...]:
    """Elements of a message whose sender wants to know that they were not understood.

    Those with criticality *reject* forbid to carry the message out (E2AP 10.3.4.1).
    """
    return tuple(
        IeDiagnostics(one.criticality, one.id, TypeOfError.NOT_UNDERSTOOD)
        for one in message.unknown
        if one.criticality is not Criticality.IGNORE
    )


_CAUSES = {
    "e2.falsely_constructed": CauseProtocol.FALSELY_CONSTRUCTED_MESSAGE,
    "e2.missing_element": CauseProtocol.ABSTRACT_SYNTAX_ERROR_REJECT,
    "e2.unknown_message": CauseProtocol.ABSTRACT_SYNTAX_ERROR_REJECT,
}


def cause_of(error: RanwrightError) -> CauseProtocol:
    """What an error indication says about a PDU that could not be decoded (E2AP 10.2 to 10.4)."""
    return _CAUSES.get(error.code, CauseProtocol.TRANSFER_SYNTAX_ERROR)
