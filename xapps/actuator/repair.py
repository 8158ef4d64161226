"""Repair: what a crash, a lost plant or a lost ledger interrupted is brought to its end.

The plant is read back before anything is sent. The action itself is never sent again.
"""

import structlog
from pydantic import ValidationError

from contracts.certificate import CERTIFICATE_PAYLOAD_TYPE, Certificate
from contracts.dsse import SignedEnvelope, unverified_payload
from contracts.errors import RanwrightError
from xapps.actuator.ending import Ending
from xapps.actuator.journal import Entry
from xapps.actuator.progress import Progress
from xapps.actuator.tools import Tools
from xapps.actuator.way_back import applied

_log = structlog.get_logger(__name__)


def repair(tools: Tools) -> None:
    """Try once to end every unfinished action; those that cannot be ended yet stay open."""
    for entry in tools.journal.unfinished():
        try:
            _repair(tools, entry)
        except RanwrightError as error:
            _log.warning(
                "repair.waiting", certificate_id=entry.certificate_id, reason=error.message
            )
    if tools.journal.outbox():
        tools.outbox.try_flush()


def certificate_of(entry: Entry) -> Certificate:
    """The certificate of a journal entry; its signature was verified when it was admitted."""
    envelope = SignedEnvelope.parse(entry.envelope)
    if envelope.payload_type != CERTIFICATE_PAYLOAD_TYPE:
        raise RanwrightError(
            "journal.damaged", "A journal entry holds no certificate.", "Restore the journal."
        )
    try:
        return Certificate.parse(unverified_payload(envelope))
    except ValidationError as error:
        raise RanwrightError(
            "journal.other_release",
            f"The certificate in the journal is of another release: {error.errors()[0]['msg']}.",
            "End the action with the release that began it.",
        ) from error


def _repair(tools: Tools, entry: Entry) -> None:
    certificate = certificate_of(entry)
    ending = Ending(tools, certificate, Progress(lambda _: None))
    node = tools.plant.read_back()
    _log.info(
        "repair.found",
        certificate_id=entry.certificate_id,
        step=entry.step,
        stage=entry.stage,
        applied=applied(node, certificate.plan.changes),
    )
    if node.node_name != certificate.node_name:
        gone = f"{certificate.node_name} began anew as {node.node_name}; nothing of it stands."
        ending.finish("not_applied", "recovery.other_node", gone)
        return
    match entry.step:
        case "received" | "logged":
            ending.finish("not_applied", "recovery.not_sent", "Interrupted before the control.")
        case "sending" if entry.stage == 1:
            ending.settle("recovery.interrupted", "Interrupted around the control.")
        case "failed" | "fallen_back":
            ending.try_again(entry.step)
        case _:
            code = entry.code or "recovery.rolled_back"
            ending.roll_back(code, f"Interrupted while {entry.step.replace('_', ' ')}.")
