"""The tool contract: a tool turns a problem and a snapshot into candidates, and nothing else."""

from collections.abc import Sequence
from typing import Protocol

from contracts.action import Candidate
from contracts.network import NetworkSnapshot
from contracts.problem import Problem


class Tool(Protocol):
    """A numerical tool. Deterministic: equal inputs give equal candidates (but for the time)."""

    @property
    def name(self) -> str:
        """Stable name, e.g. ``power.wmmse``."""
        ...

    @property
    def version(self) -> str:
        """Version of the method; a change of answers changes it."""
        ...

    def solve(self, problem: Problem, snapshot: NetworkSnapshot) -> Sequence[Candidate]:
        """Candidates, best first by (feasible, objective); every power inside its domain."""
        ...
