"""The tally of roll-outs: who missed what so far, and the spread of every KPI."""

from collections.abc import Sequence

import torch
from torch import Tensor

from agents.verifier.papers import Papers
from contracts.errors import RanwrightError
from contracts.problem import SourcedRequirement
from contracts.verdict import KpiInterval, RequirementEvidence
from twins.rollout import PairedRollouts, kpi_samples


class Tally:
    """Counts over the roll-outs seen so far.

    Attributes:
        rollouts: roll-outs counted.

    Raises:
        RanwrightError: ``verify.nothing_to_prove``.
    """

    def __init__(self, papers: Papers) -> None:
        if not papers.problem.requirements:
            raise RanwrightError(
                "verify.nothing_to_prove", "The problem is empty.", "Reformulate it."
            )
        self.rollouts = 0
        self._papers = papers
        self._rows = [_Row(sourced) for sourced in papers.problem.requirements]

    def add(self, paired: PairedRollouts) -> None:
        """Count further roll-outs."""
        self.rollouts += len(paired.after.serving)
        thresholds = self._papers.problem.thresholds
        for row in self._rows:
            kpi, cells = row.sourced.requirement.kpi, row.sourced.requirement.cells
            row.add(*kpi_samples(kpi, cells, self._papers.snapshot, paired, thresholds))

    @property
    def missed(self) -> int:
        """Roll-outs that missed any requirement."""
        return int(torch.stack([row.missed for row in self._rows]).any(0).sum())

    @property
    def evidence(self) -> tuple[RequirementEvidence, ...]:
        """How often each requirement was missed."""
        return tuple(
            RequirementEvidence(requirement=row.sourced, missed_rollouts=int(row.missed.sum()))
            for row in self._rows
        )

    @property
    def intervals(self) -> tuple[KpiInterval, ...]:
        """The spread of each requirement's KPI."""
        return tuple(row.interval for row in self._rows)


class _Row:
    """One requirement: its KPI before and after in each roll-out."""

    def __init__(self, sourced: SourcedRequirement) -> None:
        self.sourced = sourced
        self._before: list[Tensor] = []
        self._after: list[Tensor] = []

    def add(self, before: Tensor, after: Tensor) -> None:
        self._before.append(before)
        self._after.append(after)

    @property
    def missed(self) -> Tensor:
        """[N] bool. A KPI that cannot be computed (nan) is a miss: only a margin of zero holds."""
        held: Tensor = self.sourced.requirement.margin(*map(_joined, (self._before, self._after)))
        return ~(held >= 0)

    @property
    def interval(self) -> KpiInterval:
        after = _joined(self._after).double()
        low, median, high = torch.nanquantile(
            after, torch.tensor([0.05, 0.5, 0.95], dtype=torch.float64)
        ).tolist()
        return KpiInterval(
            kpi=self.sourced.requirement.kpi,
            cells=self.sourced.requirement.cells,
            before_median=float(_joined(self._before).double().nanmedian()),
            after_low=low,
            after_median=median,
            after_high=high,
        )


def _joined(parts: Sequence[Tensor]) -> Tensor:
    return torch.cat(list(parts))
