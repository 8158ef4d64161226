"""What a trace says about policy activations: who was let move, what was moved, how it ended."""

from datetime import datetime
from typing import Any

from agents.service.activation_records import ROOM_STEP
from contracts.canonical import Contract
from contracts.ledger.reader import LedgerReader
from contracts.record import Record, RecordKind
from contracts.requirement import format_cells
from contracts.site import Site


class ActivationEvent(Contract):
    """One record about an activation, in words; ``activation_id`` is unknown of a refusal."""

    leaf: int
    at: datetime
    activation_id: str | None
    kind: RecordKind
    said: str


def activation_events(site: Site, trace_id: str) -> list[ActivationEvent]:
    """What befell the activations of a trace, in order; none where it has none."""
    events = []
    for entry in LedgerReader.of(site).records(trace_id):
        record = entry.record
        said = _said(record)
        if said is not None:
            name = record.content.get("activation_id")
            events.append(
                ActivationEvent(
                    leaf=entry.seq,
                    at=record.at.wall_time,
                    activation_id=None if name is None else str(name),
                    kind=record.kind,
                    said=said,
                )
            )
    return events


def _said(record: Record) -> str | None:
    content: dict[str, Any] = dict(record.content)
    match record.kind:
        case RecordKind.STEP if content["step"] == ROOM_STEP and not content["fits"]:
            return f"no cell has room to move: {content['limited_by']} stands in the way"
        case RecordKind.ACTIVATION_STARTED:
            cells = format_cells(tuple(content["cells"]))
            return f"{content['holder']} may move cells {cells} until {content['expires_at']}"
        case RecordKind.ACTIVATION_REFUSED:
            error = content["error"]
            return f"refused: {error['message']} ({error['code']})"
        case RecordKind.CONFLICT:
            return f"{content['kind']} conflict, {content['decision']}: {content['explanation']}"
        case RecordKind.MOVES:
            numbers = f"{content['from_sequence']} to {content['to_sequence']}"
            return f"{content['sent']} moves sent ({numbers}), {content['carried_out']} carried out"
        case RecordKind.ACTIVATION_ENDED:
            return f"{content['status']}: {content['reason']} ({content['code']})"
        case _:
            return None
