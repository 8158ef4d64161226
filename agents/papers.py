"""What the deterministic steps of the road produce, beside the shared contracts."""

from pydantic import Field

from contracts.action import ActionPlan, Candidate
from contracts.activation import ActivationPlan
from contracts.canonical import Contract
from contracts.evidence import Evidence, Flag
from contracts.intent import Intent
from contracts.passage import Passage
from contracts.requirement import Requirement


class Sentence(Contract):
    """What the operator typed, and who typed it; ``intent`` where it came typed already."""

    text: str = Field(min_length=1, max_length=2000)
    requested_by: str
    intent: Intent | None = None

    @property
    def told(self) -> str:
        """What is asked, as people read it: of a typed intent what it holds, beside its label."""
        if self.intent is None:
            return self.text
        return f"{self.text}: {'; '.join(e.describe() for e in self.intent.intent_expectations)}"


class ScreenedPassage(Contract):
    """A passage of the operator's specifications, and what the screen says of it."""

    passage: Passage
    flags: tuple[Flag, ...]


class EvidenceSet(Contract):
    """The rules that the decision relies on, and what was read beside them.

    Passages are for people: no number, citation or choice of a plan comes from one.
    ``unread`` is the code of why none could be read, empty where nothing was in the way.
    """

    evidence: tuple[Evidence, ...]
    passages: tuple[ScreenedPassage, ...] = ()
    unread: str = ""


class Reserve(Contract):
    """What verification asked for: reserve as a share of the threshold, by requirement."""

    reserve_share: dict[str, float]


class UnavailableTool(Contract):
    """A tool that could not be asked, and the stable code of what it lacks."""

    tool: str
    code: str


class Solution(Contract):
    """Rehearsed candidates, best first, and the best one's plan; no plan when it changes nothing.

    Times are kept in the ledger record, not here: equal inputs give equal solutions.
    """

    candidates: tuple[Candidate, ...] = Field(min_length=1)
    plan: ActionPlan | None
    unavailable: tuple[UnavailableTool, ...] = ()

    @property
    def best(self) -> Candidate:
        """The candidate that most surely keeps all requirements."""
        return self.candidates[0]


class PromiseRoom(Contract):
    """What a promise has left at the powers in force, at the worst and widened by the gap.

    Below zero it could not be proven even with nothing moving.
    """

    requirement: Requirement
    left_in_kpi_unit: float


class EnvelopeRoom(Contract):
    """What all promises leave, and the widest plan that fits; none where no step does.

    ``limited_by`` has nothing left, or else stands in the way of most steps.
    """

    promises: tuple[PromiseRoom, ...] = Field(min_length=1)
    limited_by: PromiseRoom
    plan: ActivationPlan | None
