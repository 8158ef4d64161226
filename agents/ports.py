"""What the planner needs from other processes: a few calls each, so that engines can vary."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypedDict

from agents.reader import Reader
from contracts.action import ActionPlan
from contracts.canonical import Digest
from contracts.clock import Clock
from contracts.dsse import SignedEnvelope
from contracts.evidence import Evidence
from contracts.intent import Intent
from contracts.network import NetworkSnapshot
from contracts.passage import Passage
from contracts.policy import Policy
from contracts.problem import Problem
from contracts.record import Record
from contracts.tool import Tool
from contracts.verdict import RiskClass
from twins.scenario import Scenario

Progress = Callable[[str, float], None]
"""Stage and share done, 0..1."""


class Request(TypedDict):
    """What a person decides on, named by digest."""

    trace_id: str
    plan_digest: Digest
    verdict_digest: Digest
    risk_class: RiskClass


class Answer(TypedDict):
    """What the person said."""

    decision: Literal["approved", "denied"]
    approved_by: str


class LedgerPort(Protocol):
    """The ledger writer's process."""

    def append(self, record: Record) -> object:
        """Append a record; the first one under a key stands."""
        ...

    def put_object(self, data: bytes) -> Digest:
        """Keep bytes under their content address."""
        ...


class ObjectsPort(Protocol):
    """The ledger's object store, for reading."""

    def get(self, digest: Digest) -> bytes:
        """The bytes of a content address, checked against it."""
        ...


class NetworkPort(Protocol):
    """The actuator's process: the only way to and from the network."""

    def observe(self, window_ms: int) -> tuple[NetworkSnapshot, SignedEnvelope]:
        """A fresh snapshot over a window of KPM time, and the same signed by the actuator."""
        ...

    def execute(self, certificate: SignedEnvelope, on_progress: Progress) -> SignedEnvelope:
        """Carry out a certificate and watch it; a signed receipt, of the first time if repeated."""
        ...


class VerifierPort(Protocol):
    """The verifier's process."""

    def verify(
        self,
        intent: Intent,
        problem: Problem,
        plan: ActionPlan,
        signed_snapshot: SignedEnvelope,
        on_progress: Progress,
    ) -> SignedEnvelope:
        """A signed verdict."""
        ...

    def certify(
        self,
        verdict: SignedEnvelope,
        approval: SignedEnvelope,
        plan: ActionPlan,
        problem: Problem,
        signed_snapshot: SignedEnvelope,
    ) -> SignedEnvelope:
        """A signed certificate."""
        ...


class ApproverPort(Protocol):
    """The approver's process."""

    def approve_automatically(
        self, trace_id: str, plan: ActionPlan, verdict: SignedEnvelope
    ) -> SignedEnvelope:
        """A signed approval by the policy; ``approval.person_required`` where it wants a person."""
        ...

    def request(self, trace_id: str, plan: ActionPlan, verdict: SignedEnvelope) -> Request:
        """Register that a person must decide; asking again changes nothing."""
        ...

    def decide(self, request: Request, answer: Answer) -> SignedEnvelope:
        """A person's decision, signed; one decision a plan, asking again gives the same one."""
        ...


@dataclass(frozen=True)
class Road:
    """Everything the nodes of the graph work with."""

    scenario: Scenario
    load_policy: Callable[[], Policy]
    reader: Reader
    ground: Callable[[Intent], tuple[Evidence, ...]]
    read: Callable[[Intent], tuple[Passage, ...]]
    tools: Sequence[Tool]
    ledger: LedgerPort
    objects: ObjectsPort
    network: NetworkPort
    verifier: VerifierPort
    approver: ApproverPort
    clock: Clock
