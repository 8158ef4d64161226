"""What the next start finds: activations in the journal, as they stood when the process ended."""

from collections.abc import Sequence

from pydantic import ValidationError

from contracts.activation import Activation
from contracts.certificate import Certificate
from contracts.dsse import SignedEnvelope, unverified_payload
from contracts.errors import RanwrightError
from xapps.actuator.activations.board import Held, Verdict
from xapps.actuator.activations.store import Row
from xapps.actuator.course import powers_after, stages_of
from xapps.actuator.journal import Journal
from xapps.actuator.repair import certificate_of


def held_of(activation: Activation, envelope: SignedEnvelope, certificate: Certificate) -> Held:
    """A new activation that follows an action."""
    rest_mw = powers_after(certificate, len(stages_of(certificate)))
    return Held(activation, envelope, certificate.baseline, rest_mw)


def found_in(journal: Journal, row: Row, others: Sequence[Row]) -> Held:
    """An activation of the journal; its signature was verified when it was admitted.

    Args:
        journal: holds the action it follows.
        row: the activation.
        others: those that are open beside it.

    Raises:
        RanwrightError: ``journal.other_release`` or ``journal.damaged``.
    """
    activation = _activation(row)
    entry = journal.find(row.certificate_id)
    if entry is None:
        raise RanwrightError(
            "journal.damaged",
            f"The action of activation {row.activation_id} is gone.",
            "Restore the journal.",
        )
    envelope = SignedEnvelope.parse(row.envelope)
    held = held_of(activation, envelope, certificate_of(entry))
    held.sequence, held.moves = row.sequence, row.moves
    if row.status in ("suspended", "ending"):
        held.status = row.status
        cells = set(held.cells)
        held.at_base = any(  # who is live on its cells came after they were at their base
            cells & {v.cell_id for v in _activation(other).plan.envelope}
            for other in others
            if other.status == "live"
        )
    if row.status == "ending":
        held.end = Verdict(row.end_status or "revoked", row.code or "recovery", row.reason)
    return held


def _activation(row: Row) -> Activation:
    try:
        return Activation.parse(unverified_payload(SignedEnvelope.parse(row.envelope)))
    except ValidationError as error:
        raise RanwrightError(
            "journal.other_release",
            f"An activation in the journal is of another release: {error.errors()[0]['msg']}.",
            "End the activation with the release that began it.",
        ) from error
