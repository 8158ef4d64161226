"""What a planner holds and pushes at the doors of the core."""

from dataclasses import dataclass, field
from typing import Any, Literal

from contracts.action import ActionPlan
from contracts.canonical import Contract
from contracts.dsse import SignedEnvelope
from contracts.intent import Intent
from contracts.plant_link import Observation
from contracts.problem import Problem

Door = Literal["verify", "certify", "approve", "execute", "rollback", "plant"]

Document = dict[str, Any]


@dataclass(frozen=True)
class Attempt:
    """One push at a door: a call, or raw bytes on the socket."""

    door: Door
    defect: str
    method: str = ""
    params: Document = field(default_factory=dict)
    raw: bytes | None = None
    original: Document | None = None


@dataclass(frozen=True)
class Papers:
    """What is handed to the verifier."""

    intent: Intent
    problem: Problem
    plan: ActionPlan
    observation: Observation
    signed: Contract

    def request(self) -> Document:
        """The parameters of ``verify``."""
        named = {"intent": self.intent, "problem": self.problem, "plan": self.plan}
        return {k: dump(v) for k, v in named.items()} | {"snapshot": dump(self.signed)}


@dataclass
class Trip:
    """Papers that went down the road, as far as they came."""

    papers: Papers
    trace_id: str
    verdict: SignedEnvelope
    approval: SignedEnvelope
    certificate: SignedEnvelope

    def request(self) -> Document:
        """The parameters of ``certify``."""
        papers = self.papers.request()
        papers.pop("intent")
        return papers | {"verdict": dump(self.verdict), "approval": dump(self.approval)}


def dump(contract: Contract) -> Document:
    """As it crosses a socket."""
    return contract.model_dump(mode="json")
