"""Offline verification of a ledger with nothing but its files and the public keys."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from pydantic import Field, ValidationError

from contracts.canonical import Contract
from contracts.dsse import SignedEnvelope
from contracts.errors import RanwrightError
from contracts.ledger._records import check_record
from contracts.ledger.checkpoint import Checkpoint, open_checkpoint
from contracts.ledger.merkle import EMPTY_ROOT, CompactRange, leaf_hash
from contracts.ledger.reader import Leaf, LedgerReader
from contracts.trust import TrustStore


class AuditProblem(Contract):
    """Something that does not hold; ``where`` names the leaf, checkpoint or object."""

    code: str
    where: str
    message: str


class AuditReport(Contract):
    """What the audit found, how far it vouches, and what it cannot say."""

    ok: bool
    problems: tuple[AuditProblem, ...]
    vouches_up_to: Checkpoint | None = Field(description="None: nothing is vouched for")
    leaves: int
    checkpoints: int
    objects: int
    signatures: int
    notes: tuple[str, ...] = Field(description="true and worth knowing, e.g. a revoked signer")
    not_covered: tuple[str, ...]

    def require_ok(self) -> None:
        """Raise when anything failed.

        Raises:
            RanwrightError: ``ledger.audit_failed`` with the first problem.
        """
        if not self.ok:
            first = self.problems[0]
            raise RanwrightError(
                "ledger.audit_failed",
                f"{len(self.problems)} problems, first: {first.where}: {first.message}"
                f" ({first.code}).",
                "Restore the ledger from a copy and find out who wrote to it.",
            )


def verify_ledger(
    ledger: Path,
    objects: Path,
    trust: TrustStore,
    checkpoint: SignedEnvelope | None = None,
) -> AuditReport:
    """Check every leaf, checkpoint, object and inner signature of a log.

    Args:
        ledger: the SQLite file, e.g. ``site.ledger`` or a copy.
        objects: the folder of its objects.
        trust: the public keys, from the auditor's own copy where there is one.
        checkpoint: a checkpoint kept elsewhere; without it a truncated log cannot be told from
            a younger one.
    """
    return _Audit(LedgerReader(ledger, objects), trust, checkpoint).run()


class _Audit:
    def __init__(
        self, reader: LedgerReader, trust: TrustStore, kept: SignedEnvelope | None
    ) -> None:
        self._reader = reader
        self._trust = trust
        self._kept = kept
        self._problems: list[AuditProblem] = []
        self._notes: list[str] = []
        self._objects: set[str] = set()
        self._signatures = 0

    def run(self) -> AuditReport:
        leaves: list[Leaf] = []
        checkpoints: list[Checkpoint] = []
        try:
            leaves = list(self._reader.leaves())
            checkpoints = list(self._open_checkpoints())
            roots = self._check_leaves(leaves)
            self._check_checkpoints(checkpoints, roots)
            self._check_kept(checkpoints, roots)
            self._check_records(leaves, checkpoints)
        except RanwrightError as error:
            self._report("ledger", error)
        ok = not self._problems
        return AuditReport(
            ok=ok,
            problems=tuple(self._problems),
            vouches_up_to=checkpoints[-1] if ok and checkpoints else None,
            leaves=len(leaves),
            checkpoints=len(checkpoints),
            objects=len(self._objects),
            signatures=self._signatures,
            notes=tuple(dict.fromkeys(self._notes)),
            not_covered=tuple(self._not_covered()),
        )

    def _open_checkpoints(self) -> Iterator[Checkpoint]:
        for number, envelope in enumerate(self._reader.checkpoints()):
            try:
                yield open_checkpoint(envelope, self._trust)
            except RanwrightError as error:
                self._report(f"checkpoint {number}", error)

    def _check_leaves(self, leaves: list[Leaf]) -> list[bytes]:
        """Re-hash every leaf; the root of every prefix, by size."""
        tree = CompactRange()
        roots = [EMPTY_ROOT]
        for position, leaf in enumerate(leaves):
            if leaf.seq != position:
                self._fail("leaf.out_of_sequence", f"leaf {leaf.seq}", f"expected {position}")
            digest = leaf_hash(leaf.record)
            if digest != leaf.leaf_hash:
                self._fail("leaf.hash", f"leaf {leaf.seq}", "its stored hash is another")
            tree.append(digest)
            roots.append(tree.root())
        return roots

    def _check_checkpoints(self, checkpoints: list[Checkpoint], roots: list[bytes]) -> None:
        """Every size has its checkpoint, and all fit the one sequence of leaves.

        Roots recomputed from the same leaves make the checkpoints consistent with each other.
        """
        sizes = [c.tree_size for c in checkpoints if c.tree_size > 0]
        if sizes != list(range(1, len(roots))):
            self._fail(
                "checkpoint.sequence",
                "checkpoints",
                f"{len(roots) - 1} leaves need a checkpoint each, found sizes {sizes[:20]}",
            )
        for before, after in pairwise(checkpoints):
            if after.time < before.time or after.origin != before.origin:
                self._fail(
                    "checkpoint.order",
                    f"checkpoint {after.tree_size}",
                    "it is older than the one before it, or of another log",
                )
        for checkpoint in checkpoints:
            self._check_root(f"checkpoint {checkpoint.tree_size}", checkpoint, roots)

    def _check_kept(self, checkpoints: list[Checkpoint], roots: list[bytes]) -> None:
        if self._kept is None:
            return
        kept = open_checkpoint(self._kept, self._trust)
        if checkpoints and kept.origin != checkpoints[0].origin:
            self._fail("checkpoint.other_log", "checkpoint kept elsewhere", "it is of another log")
        self._check_root("checkpoint kept elsewhere", kept, roots)

    def _check_root(self, where: str, checkpoint: Checkpoint, roots: list[bytes]) -> None:
        if checkpoint.tree_size >= len(roots):
            self._fail(
                "ledger.truncated",
                where,
                f"it covers {checkpoint.tree_size} leaves, the log has {len(roots) - 1}",
            )
        elif checkpoint.root_hash != roots[checkpoint.tree_size].hex():
            self._fail("checkpoint.root", where, "the leaves give another root")

    def _check_records(self, leaves: list[Leaf], checkpoints: list[Checkpoint]) -> None:
        covered_at = {c.tree_size - 1: c.time for c in checkpoints}
        for leaf in leaves:
            try:
                found = check_record(leaf, covered_at.get(leaf.seq), self._reader, self._trust)
            except (RanwrightError, ValidationError) as error:
                self._report(f"leaf {leaf.seq}", error)
                continue
            self._objects.update(found.objects)
            self._signatures += found.signatures
            self._notes.extend(found.notes)

    def _not_covered(self) -> Iterator[str]:
        yield "anything appended after the checkpoint named here"
        yield "whether what a record says was true when it was written"
        yield "objects that no record names"
        if self._kept is None:
            yield "leaves cut off the end: give a checkpoint that was kept elsewhere"

    def _report(self, where: str, error: RanwrightError | ValidationError) -> None:
        code = error.code if isinstance(error, RanwrightError) else "record.malformed"
        self._fail(code, where, str(error))

    def _fail(self, code: str, where: str, message: str) -> None:
        self._problems.append(AuditProblem(code=code, where=where, message=message))
