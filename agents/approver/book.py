"""The approver's durable book: what waits for a person, and what was decided."""

import sqlite3
import threading
from pathlib import Path
from typing import Any

from contracts.action import ActionPlan
from contracts.activation import ActivationPlan
from contracts.canonical import Contract, Digest
from contracts.certificate import Approval
from contracts.deployment import DeploymentPlan, DeploymentVerdict
from contracts.dsse import SignedEnvelope
from contracts.errors import RanwrightError
from contracts.verdict import RiskClass, Verdict

_SCHEMA = """
CREATE TABLE IF NOT EXISTS request (
    plan_digest TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS decision (
    plan_digest TEXT PRIMARY KEY, approval BLOB NOT NULL, envelope BLOB NOT NULL);
"""


class Request(Contract):
    """A verified plan that asks to be approved; the approver computed the risk class."""

    trace_id: str
    plan: ActionPlan | ActivationPlan | DeploymentPlan
    verdict: Verdict | DeploymentVerdict
    risk_class: RiskClass

    @property
    def plan_digest(self) -> Digest:
        """What the decision is bound to, together with the verdict's digest and the trace."""
        return self.plan.digest


class Book:
    """Requests and decisions on SQLite; the first decision on a plan stands."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)

    def ask(self, request: Request) -> None:
        """Keep a request until it is decided; asking again changes nothing.

        Raises:
            RanwrightError: ``approval.other_request`` when the same plan asks with another
                verdict or in another trace.
        """
        values = (request.plan_digest, request.canonical())
        self._execute("INSERT OR IGNORE INTO request VALUES (?, ?)", *values)
        if self.request(request.plan_digest) != request:
            raise RanwrightError(
                "approval.other_request",
                f"Plan {request.plan_digest} asked before, with another verdict or trace.",
                "Plan again on a fresh snapshot.",
            )

    def request(self, plan_digest: Digest) -> Request | None:
        """The request for a plan, decided or not."""
        rows = self._execute("SELECT data FROM request WHERE plan_digest = ?", plan_digest)
        return Request.parse(rows[0][0]) if rows else None

    def pending(self) -> list[Request]:
        """Requests without a decision, oldest first."""
        rows = self._execute(
            "SELECT data FROM request WHERE plan_digest NOT IN"
            " (SELECT plan_digest FROM decision) ORDER BY rowid"
        )
        return [Request.parse(row[0]) for row in rows]

    def decide(self, approval: Approval, envelope: SignedEnvelope) -> SignedEnvelope:
        """Write a decision down, unless there is one.

        Returns:
            The envelope that stands: this one, or the same decision made before.

        Raises:
            RanwrightError: ``approval.already_decided`` when another decision stands.
        """
        self._execute(
            "INSERT OR IGNORE INTO decision VALUES (?, ?, ?)",
            approval.plan_digest,
            approval.canonical(),
            envelope.canonical(),
        )
        rows = self._execute(
            "SELECT approval, envelope FROM decision WHERE plan_digest = ?", approval.plan_digest
        )
        standing = Approval.parse(rows[0][0])
        if _substance(standing) != _substance(approval):
            raise RanwrightError(
                "approval.already_decided",
                f"{standing.approved_by} {standing.decision} this plan"
                f" at {standing.decided_at.wall_time.isoformat()}.",
                "A decision stands; plan again for another one.",
            )
        return SignedEnvelope.parse(rows[0][1])

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _execute(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()


def _substance(approval: Approval) -> Approval:
    """The decision without its time."""
    return approval.model_copy(update={"decided_at": None})
