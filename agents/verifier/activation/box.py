"""The box of settings that cells may take while nobody asks, and which of them are rolled out.

A UE's throughput rises with the power of its own cell and falls with that of the others. So the
worst for the UEs of one cell is that cell at its lower end and all others at their upper: a corner.
There are as many corners as cells, and two more: all at the upper end, all at the lower.

A handover breaks the rule, and hangs on what was set before: a UE stays with a cell that became
weaker until another is an offset better. So each setting is reached from its opposite, which draws
to a cell the UEs that it can lose least well.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from contracts.activation import Activation, ActivationPlan

Powers = dict[int, int]
"""ConfiguredMaxTxPower by cell id, milliwatts."""


@dataclass(frozen=True)
class Path:
    """A setting, and the one that the network comes from."""

    come_from_mw: Powers
    setting_mw: Powers


@dataclass(frozen=True)
class Box:
    """Both ends of each cell that may move."""

    lower_mw: Powers
    upper_mw: Powers

    @classmethod
    def of(cls, plan: ActivationPlan, beside: Sequence[Activation]) -> "Box":
        """Of a plan and of what moves at the same time; ends of a shared cell are the farther."""
        lower_mw: Powers = {}
        upper_mw: Powers = {}
        for envelope in (plan.envelope, *(other.plan.envelope for other in beside)):
            for v in envelope:
                lower_mw[v.cell_id] = min(v.lower_mw, lower_mw.get(v.cell_id, v.lower_mw))
                upper_mw[v.cell_id] = max(v.upper_mw, upper_mw.get(v.cell_id, v.upper_mw))
        return cls(lower_mw, upper_mw)

    def corners(self) -> list[Path]:
        """The settings that bound all others, each reached from its opposite."""
        ends = [Path(self.lower_mw, self.upper_mw), Path(self.upper_mw, self.lower_mw)]
        return ends + [
            Path(self.lower_mw | {c: self.upper_mw[c]}, self.upper_mw | {c: self.lower_mw[c]})
            for c in sorted(self.lower_mw)
            if self.lower_mw[c] < self.upper_mw[c]
        ]

    def interior(self, count: int, key: str, grid_mw: Sequence[int]) -> list[Path]:
        """Random settings of the equipment inside, each reached from a random vertex."""
        drawn = random.Random(f"interior:{key}")  # noqa: S311 - an experiment, no secret
        return [
            Path(
                {c: drawn.choice((self.lower_mw[c], self.upper_mw[c])) for c in self.lower_mw},
                {c: drawn.choice(self._settings(c, grid_mw)) for c in self.lower_mw},
            )
            for _ in range(count)
        ]

    def _settings(self, cell: int, grid_mw: Sequence[int]) -> list[int]:
        return [mw for mw in grid_mw if self.lower_mw[cell] <= mw <= self.upper_mw[cell]]
