"""The tally of roll-outs: who missed what so far, and every KPI in every stage."""

from collections.abc import Sequence

import torch
from torch import Tensor

from agents.verifier.papers import Papers
from contracts.errors import RanwrightError
from contracts.problem import SourcedRequirement
from contracts.requirement import RatioBound
from contracts.verdict import KpiInterval, RequirementEvidence
from twins.rollout import PairedRollouts, kpi_samples


class Tally:
    """Counts over the roll-outs seen so far.

    The last stage has to keep every requirement. The stages before have to keep the absolute
    ratios, such as coverage: changes of throughput are promised for the watch window alone.

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

    def add(self, stages: Sequence[PairedRollouts]) -> None:
        """Count further roll-outs of all stages."""
        self.rollouts += len(stages[-1].after.serving)
        thresholds, snapshot = self._papers.problem.thresholds, self._papers.snapshot
        for row in self._rows:
            kpi, cells = row.sourced.requirement.kpi, row.sourced.requirement.cells
            row.add([kpi_samples(kpi, cells, snapshot, stage, thresholds) for stage in stages])

    @property
    def missed(self) -> int:
        """Roll-outs that missed any requirement."""
        return int(torch.stack([row.missed for row in self._rows]).any(0).sum())

    @property
    def after(self) -> Tensor:
        """[N, S, R] each requirement's KPI in each stage of each roll-out."""
        return torch.stack([row.after for row in self._rows], -1)

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
    """One requirement: its KPI before and in each stage of each roll-out."""

    def __init__(self, sourced: SourcedRequirement) -> None:
        self.sourced = sourced
        self._before: list[Tensor] = []
        self._after: list[Tensor] = []

    def add(self, stages: Sequence[tuple[Tensor, Tensor]]) -> None:
        self._before.append(stages[-1][0].double())
        self._after.append(torch.stack([after.double() for _, after in stages], -1))

    @property
    def after(self) -> Tensor:
        """[N, S]."""
        return torch.cat(self._after)

    @property
    def missed(self) -> Tensor:
        """[N] bool. A KPI that cannot be computed (nan) is a miss: only a margin of zero holds."""
        requirement = self.sourced.requirement
        held: Tensor = requirement.margin(torch.cat(self._before)[:, None], self.after) >= 0
        judged = held if isinstance(requirement.bound, RatioBound) else held[:, -1:]
        return ~judged.all(-1)

    @property
    def interval(self) -> KpiInterval:
        low, median, high = torch.nanquantile(
            self.after[:, -1], torch.tensor([0.05, 0.5, 0.95], dtype=torch.float64)
        ).tolist()
        return KpiInterval(
            kpi=self.sourced.requirement.kpi,
            cells=self.sourced.requirement.cells,
            before_median=float(torch.cat(self._before).nanmedian()),
            after_low=low,
            after_median=median,
            after_high=high,
        )
