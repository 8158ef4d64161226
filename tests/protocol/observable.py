"""What the model and the real processes have in common at every step."""

from typing import Any

from benchmarks.protocol.state import State
from contracts.certificate import Approval
from contracts.dsse import SignedEnvelope, unverified_payload
from contracts.record import Record, RecordKind
from tests.protocol.office_driver import Office
from tests.protocol.parts import CELLS, VALUES_MW, Parts

_NAMES = {
    RecordKind.CERTIFICATE: "certificate",
    RecordKind.ACTION_STARTED: "started",
    RecordKind.ROLLBACK_STARTED: "rollback",
    RecordKind.FALL_BACK_STARTED: "fall_back",
}
_MODEL_VALUE = {mw: value for value, mw in VALUES_MW.items()}


def of_model(state: State) -> dict[str, Any]:
    """The model's side."""
    plant = state.plant
    return {
        "plant": (plant.version, plant.value, plant.life) if plant.up else "down",
        "decisions": state.decisions,
        "journal": tuple(e and (e.step, e.stage, e.sent) for e in state.journal),
        "outbox": state.outbox,
        "ledger": sorted(state.ledger) if state.ledger_up else "down",
        "held": sorted(c.approval for c in state.certificates),
    }


def of_parts(parts: Parts, office: Office, plans: int) -> dict[str, Any]:
    """The real side, read from the plant, the book, the journal and the ledger's file."""
    names = _numbers(office)
    found = {names[e]: parts.journal.find(e) for e in names}
    entries = {n: (e.step, e.stage or 0, e.sent_version or 0) for n, e in found.items() if e}
    outgoing = [Record.parse(i.data) for i in parts.journal.outbox() if i.kind == "record"]
    ledger = [
        _named(entry.record, names)
        for trace in parts.reader.traces()
        for entry in parts.reader.records(trace.trace_id)
    ]
    assert len(ledger) == len(set(ledger)), "a record stands once"
    return {
        "plant": _plant(parts),
        "decisions": tuple(_decision(parts, office, n) for n in range(plans)),
        "journal": tuple(entries.get(n) for n in range(plans)),
        "outbox": tuple(_named(r, names) for r in outgoing),
        "ledger": sorted(ledger) if parts.ledger is not None else "down",
        "held": sorted(office.certificates),
    }


def node_value(node: Any) -> tuple[int, ...]:
    """The model's value for what is read back."""
    present = {c.cell_id: c.configured_max_tx_power_mw for c in node.cells}
    return tuple(_MODEL_VALUE[present[c]] for c in CELLS)


def _plant(parts: Parts) -> Any:
    if parts.plant is None:
        return "down"
    node = parts.node()
    return node.resource_version, node_value(node), parts.nodes.index(node.node_name)


def _numbers(office: Office) -> dict[str, int]:
    """Certificate identifiers by the approval that they come from."""
    return {
        Approval.parse(unverified_payload(SignedEnvelope.model_validate(e))).digest.removeprefix(
            "sha256:"
        )[:32]: number
        for (_, number), e in office.approvals.items()
    }


def _decision(parts: Parts, office: Office, number: int) -> str:
    if number not in office.papers:
        return ""
    digest = office.papers[number].plan.digest
    rows = parts.approver._book._execute(
        "SELECT approval FROM decision WHERE plan_digest = ?", digest
    )
    return Approval.parse(rows[0][0]).decision if rows else ""


def _named(record: Record, names: dict[str, int]) -> tuple[str, int]:
    match record.kind:
        case RecordKind.APPROVAL:
            return str(record.content["decision"]), int(record.trace_id.removeprefix("trace-"))
        case RecordKind.CERTIFICATE:
            return "certificate", names[record.key.removeprefix("certificate:")]
        case RecordKind.RECEIPT:
            return str(record.content["status"]), names[str(record.content["certificate_id"])]
        case RecordKind.CONTROL_SENT | RecordKind.CONTROL_ANSWERED:
            kind = record.kind.removeprefix("control_")
            return f"{kind}{record.content['stage']}", names[str(record.content["certificate_id"])]
        case _:
            return _NAMES[record.kind], names[str(record.content["certificate_id"])]
