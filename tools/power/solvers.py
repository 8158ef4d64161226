"""The power tools under the tool contract: present power, WMMSE, FP, and robust margins."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from contracts.action import Candidate
from contracts.network import NetworkSnapshot
from contracts.problem import Problem
from tools.power.ascent import ascend
from tools.power.fp import fp_step
from tools.power.objectives import Step, reweighted
from tools.power.population import evolve
from tools.power.rounding import polish, score
from tools.power.runtime import numerics
from tools.power.samples import Sampler, posterior_sampler
from tools.power.wmmse import wmmse_step
from tools.power.workbench import SEED, Workbench
from twins.scenario import Scenario, load_scenario

ScenarioLoader = Callable[[str], Scenario]
"""Finds the scenario that a snapshot names."""

_RANDOM_STARTS = 5
_POLISH_ROUNDS = 12
_POPULATION = 48
_GENERATIONS = 50


class PowerTool:
    """Common to all power tools: prepare, propose grid points, describe them.

    Args:
        scenarios: finds the scenario that a snapshot names.
        sampler: draws networks that agree with the snapshot.
    """

    name = "power.present"
    version = "1"

    def __init__(
        self, scenarios: ScenarioLoader = load_scenario, sampler: Sampler = posterior_sampler
    ) -> None:
        self._scenarios = scenarios
        self._sampler = sampler

    def solve(self, problem: Problem, snapshot: NetworkSnapshot) -> Sequence[Candidate]:
        """Candidates, best first by (feasible, objective); every power inside its domain.

        ``objective_value`` is :meth:`tools.power.evaluation.Evaluator.score` on posterior samples:
        the same scale for all power tools, so that their candidates can be compared.

        Raises:
            RanwrightError: ``tool.*`` or ``kpi.*`` when the problem does not fit the snapshot.
        """
        with numerics():
            bench = Workbench.prepare(
                problem, snapshot, self._scenarios(snapshot.scenario), self._sampler
            )
            return bench.candidates(self.name, self.version, self._propose(bench))

    def _propose(self, bench: Workbench) -> list[Tensor]:
        return [bench.present_mw()]


class PresentPower(PowerTool):
    """Baseline: leave every cell at its present power."""


class WeightedRateTool(PowerTool):
    """A weighted-sum-rate solver inside the reweighting loop, rounded on the measured network."""

    step: Step

    def _propose(self, bench: Workbench) -> list[Tensor]:
        return [bench.limits.values(i[None])[0] for i in best_rounded(bench, self.step)]


class Wmmse(WeightedRateTool):
    """Weighted MMSE."""

    name = "power.wmmse"
    step = staticmethod(wmmse_step)


class FractionalProgramming(WeightedRateTool):
    """Closed-form fractional programming."""

    name = "power.fp"
    step = staticmethod(fp_step)


class RobustMargin(PowerTool):
    """Largest probability that all requirements hold, over posterior samples and window noise.

    A population of the present power, scaled and random powers evolves; gradient ascent refines its
    best; WMMSE's answers join; a coordinate search on the grid ends it. (WMMSE's answers inside the
    population draw it into their neighbourhood before it has looked elsewhere.)
    """

    name = "power.margin"

    def _propose(self, bench: Workbench) -> list[Tensor]:
        limits, robust = bench.limits, bench.robust
        solved = torch.cat([limits.values(i[None]) for i in best_rounded(bench, wmmse_step)])
        starts = bench.starts(random=_POPULATION)
        evolved = evolve(robust, limits, starts, _GENERATIONS, SEED)[:3]
        fine = ascend(robust, limits, limits.values(evolved), iterations=30, rate_db=0.15)
        finished = torch.cat([evolved, limits.snap(torch.cat([fine, solved]))])
        order = score(robust, limits, finished).argsort(descending=True, stable=True)
        polished = [polish(robust, limits, finished[i], _POLISH_ROUNDS) for i in order[:2]]
        ranked = score(robust, limits, torch.stack(polished))
        winner = polish(robust, limits, polished[int(ranked.argmax())], rounds=4, pairs=True)
        chosen = [limits.values(i[None])[0] for i in (winner, *polished)]
        return [*chosen, bench.present_mw()]


def best_rounded(bench: Workbench, step: Step) -> list[Tensor]:
    """Grid indices [C] of the two best proposals of a solver, after coordinate search."""
    found = reweighted(bench.nominal, bench.limits, step, bench.starts(_RANDOM_STARTS))
    order = found.score.argsort(descending=True, stable=True)[:2]
    index = bench.limits.snap(found.power_mw[order])
    return [polish(bench.nominal, bench.limits, i, _POLISH_ROUNDS) for i in index]
