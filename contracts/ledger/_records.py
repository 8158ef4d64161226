"""What the audit checks inside one leaf: its form, its objects, the signature it carries."""

from datetime import datetime
from typing import NamedTuple

from contracts.dsse import SignedEnvelope, signer_key, unverified_payload, verify
from contracts.errors import RanwrightError
from contracts.ledger.envelopes import SIGNED_KINDS, SignedKind, envelope_of
from contracts.ledger.reader import Leaf, LedgerReader
from contracts.record import Record
from contracts.trust import TrustStore


class Checked(NamedTuple):
    """What a leaf held besides its record."""

    objects: tuple[str, ...]
    signatures: int
    notes: tuple[str, ...]


def check_record(
    leaf: Leaf, covered_at: datetime | None, reader: LedgerReader, trust: TrustStore
) -> Checked:
    """Check one leaf.

    Args:
        leaf: the row.
        covered_at: time of the first checkpoint over it; a key revoked before does not count.
        reader: gives the objects.
        trust: public keys.

    Raises:
        RanwrightError: ``record.*``, ``object.*``, ``signature.*`` or ``key.*``.
        pydantic.ValidationError: the record or a signed payload is not of its type.
    """
    record = Record.parse(leaf.record)
    _require_form(leaf, record)
    for digest in record.objects:
        reader.get_object(digest)
    kind = SIGNED_KINDS.get(record.kind)
    if kind is None:
        return Checked(record.objects, 0, ())
    envelope = envelope_of(record, reader.objects)
    _require_signature(envelope, kind, record, trust)
    return Checked(record.objects, 1, _signer_notes(leaf, envelope, covered_at, trust))


def _require_form(leaf: Leaf, record: Record) -> None:
    if record.canonical() != leaf.record:
        raise RanwrightError(
            "record.not_canonical",
            "The leaf is not in canonical form.",
            "Only the ledger process may write leaves.",
        )
    if (record.key, record.trace_id) != (leaf.key, leaf.trace_id):
        raise RanwrightError(
            "record.index",
            f"The index says {leaf.key} of {leaf.trace_id}, the leaf {record.key} of"
            f" {record.trace_id}.",
            "The file was edited; restore it from a copy.",
        )


def _require_signature(
    envelope: SignedEnvelope, kind: SignedKind, record: Record, trust: TrustStore
) -> None:
    trace_id, signed_at = kind.parse(unverified_payload(envelope), record)
    verify(envelope, kind.payload_type, kind.role, trust, signed_at.wall_time)
    if trace_id != record.trace_id:
        raise RanwrightError(
            "record.other_trace",
            f"A {record.kind} of trace {trace_id} is filed under {record.trace_id}.",
            "Only the ledger process may write leaves.",
        )


def _signer_notes(
    leaf: Leaf, envelope: SignedEnvelope, covered_at: datetime | None, trust: TrustStore
) -> tuple[str, ...]:
    key = trust.find(signer_key(envelope))
    if key.revoked_at is None:
        return ()
    if covered_at is None or covered_at >= key.revoked_at:
        raise RanwrightError(
            "key.revoked",
            f"Recorded after its key {key.keyid[:12]} was revoked ({key.reason}).",
            "Do not rely on this record.",
        )
    return (
        f"leaf {leaf.seq}: signed by {key.role} key {key.keyid[:12]}, revoked later"
        f" ({key.revoked_at.isoformat()}: {key.reason})",
    )
