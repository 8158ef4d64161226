"""What every power tool starts from and ends with: models, limits, starts, candidates."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from contracts.action import Candidate
from contracts.network import NetworkSnapshot
from contracts.problem import Objective, Problem
from tools.margins import worst_margin
from tools.power.evaluation import Evaluator
from tools.power.limits import PowerLimits
from tools.power.model import RateModel
from tools.power.runtime import DTYPE
from tools.power.samples import Sampler
from twins.scenario import Scenario

SAMPLES = 32
SEED = 20_110
"""Seed of samples and random starts; part of each tool's version."""


@dataclass(frozen=True)
class Workbench:
    """One problem, prepared.

    Attributes:
        nominal: judges on the measured network alone (S = 1).
        robust: judges on the measured network and all samples, two windows each.
        expected: predicts on the same samples in one window, so that nothing changes where no power
            changes.
    """

    problem: Problem
    limits: PowerLimits
    nominal: Evaluator
    robust: Evaluator
    expected: Evaluator
    started_s: float

    @classmethod
    def prepare(
        cls, problem: Problem, snapshot: NetworkSnapshot, scenario: Scenario, sampler: Sampler
    ) -> "Workbench":
        """Models, samples and limits of a problem.

        Raises:
            RanwrightError: as :meth:`RateModel.from_snapshot` and :meth:`PowerLimits.of`.
        """
        started_s = time.perf_counter()
        model = RateModel.from_snapshot(problem, snapshot, scenario)
        known = model.knowledge
        samples = sampler(snapshot, scenario, known, SAMPLES, SEED)
        before, after = (model.with_samples(samples, w) for w in (samples.before, samples.after))
        robust = Evaluator(problem, snapshot, after, before)
        noise = robust.margins(robust.state(known.power_mw[None])).std(1)[0]
        return cls(
            problem=problem,
            limits=PowerLimits.of(problem, known, scenario.equipment),
            nominal=Evaluator(problem, snapshot, model, model, noise),
            robust=robust,
            expected=Evaluator(problem, snapshot, after, after),
            started_s=started_s,
        )

    def starts(self, random: int) -> Tensor:
        """[B, C] present power, its scaled versions, the limits, and seeded random powers."""
        limits, present = self.limits, self.nominal.model.knowledge.power_mw
        middle = (limits.lower * limits.upper).sqrt()
        shares = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)
        scaled = [s * present for s in shares] if self._saves else [0.5 * present]
        fixed = torch.stack([present, limits.upper, middle, *scaled])
        generator = torch.Generator().manual_seed(SEED)
        draws = torch.rand(random, len(present), generator=generator, dtype=DTYPE)
        drawn = limits.lower * (limits.upper / limits.lower) ** draws
        return limits.project(torch.cat([fixed, drawn]))

    @property
    def _saves(self) -> bool:
        return self.problem.objective is Objective.MIN_POWER

    def present_mw(self) -> Tensor:
        """[C] present power; a present value outside its domain is moved to the nearest inside."""
        present = self.nominal.model.knowledge.power_mw
        inside = (present >= self.limits.lower) & (present <= self.limits.upper)
        return torch.where(inside, present, self.limits.settable(present[None])[0])

    def candidates(
        self,
        tool: str,
        version: str,
        powers: list[Tensor],
        origins: Sequence[str | None] | None = None,
        familiarity: float | None = None,
    ) -> tuple[Candidate, ...]:
        """Distinct powers [C] as candidates, best first by (feasible, objective).

        Args:
            origins: of the powers; of equal ones the first counts.
            familiarity: of the network to the tool's model.
        """
        found: dict[tuple[float, ...], str | None] = {}
        for power, origin in zip(powers, origins or [None] * len(powers), strict=True):
            found.setdefault(tuple(power.tolist()), origin)
        stacked = torch.tensor(list(found), dtype=DTYPE)
        with torch.no_grad():
            predictions = self.expected.predictions(stacked)
            scores = torch.cat([self.robust.score(p[None]) for p in stacked]).tolist()
        cells = self.nominal.model.knowledge.cell_ids
        wanted = {v.cell_id for v in self.problem.variables}
        elapsed_ms = 1000.0 * (time.perf_counter() - self.started_s)
        listed = [
            Candidate(
                tool=tool,
                tool_version=version,
                tx_power_mw={c: round(p) for c, p in zip(cells, row, strict=True) if c in wanted},
                objective_value=score,
                worst_margin=worst_margin(self.problem, predicted),
                predictions=predicted,
                solve_time_ms=elapsed_ms,
                origin=origin,
                familiarity=familiarity,
            )
            for (row, origin), score, predicted in zip(
                found.items(), scores, predictions, strict=True
            )
        ]
        return tuple(sorted(listed, key=lambda c: (c.worst_margin < 0, -c.objective_value)))
