"""The tool contract: a tool turns a problem and a snapshot into candidates, and nothing else."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from contracts.action import Candidate
from contracts.errors import RanwrightError
from contracts.network import NetworkSnapshot
from contracts.problem import Problem


class ToolUnavailableError(RanwrightError):
    """A tool lacks something besides problem and snapshot, such as a trained model.

    Nothing is wrong with the problem: other tools may be asked, and that this one was not is said.
    """


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
        """Candidates, best first by (feasible, objective); every power inside its domain.

        Raises:
            ToolUnavailableError: the tool cannot work here.
        """
        ...


@runtime_checkable
class LearnedTool(Protocol):
    """A tool whose answers follow from trained weights, too."""

    @property
    def name(self) -> str:
        """As :attr:`Tool.name`."""
        ...

    def weights(self) -> bytes:
        """The weights that it works with, so that its answers can be replayed.

        Raises:
            ToolUnavailableError: there are none, or they are not what they should be.
        """
        ...
