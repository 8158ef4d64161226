"""``power.graph_model``: the graph foundation model on the cells of a snapshot, in a portfolio.

Link graphs are drawn from the snapshot, the model's portfolio answers each, and what most draws
agree on becomes starts of the WMMSE that all power tools share. Starts, what WMMSE makes of them,
WMMSE's own answers, ascent from present power and present power itself go onto the grid, are
polished, and are judged by the exact score of all power tools: the best is taken, so that it is
never worse than the classical ones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import Tensor

from contracts.action import Candidate
from contracts.network import NetworkSnapshot
from contracts.problem import Objective, Problem
from tools.power.ascent import ascend
from tools.power.cell_graphs import cell_graphs
from tools.power.foundation.portfolio import Portfolio
from tools.power.foundation.shipped import Trained, trained
from tools.power.graphs.objectives import SUM_RATE
from tools.power.objectives import reweighted, risen
from tools.power.rounding import polish, scores_of
from tools.power.runtime import DTYPE, numerics
from tools.power.samples import Sampler, posterior_sampler
from tools.power.solvers import ScenarioLoader, best_rounded
from tools.power.wmmse import wmmse_step
from tools.power.workbench import SEED, Workbench
from twins.scenario import load_scenario

Source = Callable[[], Trained]
"""Gives a trained model; raises ``ToolUnavailableError`` where there is none."""

_DRAWS = 32
_ROUNDS = 12
"""Times that graphs are drawn: around present power, then around the best answer."""
_KEPT = 4
_LEAST_MW = 1e-6
_POLISH_ROUNDS = 12
_SAVING_SHARES = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)


class Origin(StrEnum):
    """Which way found a candidate."""

    PRESENT = "present"
    CLASSICAL = "classical"
    MODEL = "model"
    REFINED = "refined"
    POLISHED = "polished"


_LEARNED = (Origin.MODEL, Origin.REFINED)


class GraphModel:
    """The learned power tool.

    Args:
        scenarios: finds the scenario that a snapshot names.
        sampler: draws networks that agree with the snapshot.
        model: gives the trained model, or says why there is none.
    """

    name = "power.graph_model"

    def __init__(
        self,
        scenarios: ScenarioLoader = load_scenario,
        sampler: Sampler = posterior_sampler,
        model: Source = trained,
    ) -> None:
        self._scenarios = scenarios
        self._sampler = sampler
        self._model = model

    @property
    def version(self) -> str:
        """Version of the method, and of the weights by their digest.

        Raises:
            ToolUnavailableError: as :func:`tools.power.foundation.shipped.trained`.
        """
        return f"1+{self._model().digest.removeprefix('sha256:')[:12]}"

    def weights(self) -> bytes:
        """See :meth:`contracts.tool.LearnedTool.weights`."""
        return self._model().data

    def solve(self, problem: Problem, snapshot: NetworkSnapshot) -> Sequence[Candidate]:
        """Candidates, best first by (feasible, objective); every power inside its domain.

        ``origin`` says which way found a candidate, ``familiarity`` how much the snapshot's graphs
        resemble those that the model was trained on (mean over draws).

        Raises:
            ToolUnavailableError: as :func:`tools.power.foundation.shipped.trained`.
            RanwrightError: ``tool.*`` or ``kpi.*`` when the problem does not fit the snapshot.
        """
        known = self._model()
        with numerics():
            bench = Workbench.prepare(
                problem, snapshot, self._scenarios(snapshot.scenario), self._sampler
            )
            offers = _offers(bench, known)
            return bench.candidates(
                self.name,
                self.version,
                [power for _, power in offers.found],
                [origin for origin, _ in offers.found],
                offers.familiarity,
            )


@dataclass(frozen=True)
class _Offers:
    """Powers [C] with where they came from, and how familiar the network is to the model."""

    found: list[tuple[Origin, Tensor]]
    familiarity: float


def _offers(bench: Workbench, known: Trained) -> _Offers:
    """Classical answers first: of equal ones, theirs is the name."""
    classical = [bench.limits.values(i[None])[0] for i in best_rounded(bench, wmmse_step)]
    classical.append(bench.limits.settable(_climbed(bench)[None])[0])
    drawn, familiarity = _drawn(bench, known)
    refined = reweighted(bench.nominal, bench.limits, wmmse_step, drawn).power_mw
    found = [
        (Origin.PRESENT, bench.present_mw()),
        *((Origin.CLASSICAL, p) for p in classical),
        *((Origin.MODEL, p) for p in bench.limits.settable(drawn)),
        *((Origin.REFINED, p) for p in bench.limits.settable(refined)),
    ]
    scores = scores_of(bench.robust, torch.stack([p for _, p in found]))
    leading = {int(scores.argmax())}
    learned = [n for n, (origin, _) in enumerate(found) if origin in _LEARNED]
    leading.add(max(learned, key=lambda n: float(scores[n])))
    for n in sorted(leading):
        origin, power = found[n]
        index = bench.limits.snap(bench.limits.project(power[None]))[0]
        polished = polish(bench.robust, bench.limits, index, _POLISH_ROUNDS)
        name = Origin.POLISHED if origin in _LEARNED else Origin.CLASSICAL
        found.append((name, bench.limits.values(polished[None])[0]))
    return _Offers(found, familiarity)


def _drawn(bench: Workbench, known: Trained) -> tuple[Tensor, float]:
    """Powers [N, C] on which the portfolio's answers agree, best first, and the familiarity."""
    limits, around = bench.limits, bench.limits.project(bench.present_mw()[None])[0]
    cap = bench.nominal.model.scenario.radio.max_spectral_efficiency
    full = limits.upper.clamp(min=_LEAST_MW)
    portfolio, kept, scores = Portfolio(known.model), [], []
    duals = torch.ones(len(bench.problem.requirements), dtype=DTYPE)
    for turn in range(_ROUNDS):
        graphs, margins = cell_graphs(bench.nominal, limits, around, duals, _DRAWS, SEED + turn)
        if turn == 0:
            familiarity = float(known.familiarity.score(known.model, graphs).mean())
        duals = risen(duals, margins)
        present = (around / full).to(graphs.gain.dtype).expand(_DRAWS, -1)
        share = portfolio.choose(graphs, SUM_RATE, cap, present).power.to(DTYPE)
        share = torch.maximum(share, limits.lower / full)
        mean, agreed = share.mean(0), share.log().mean(0).exp()
        tried = torch.stack([mean, agreed, *share]) * limits.upper
        tried = torch.cat([tried, (tried[:2] * around).sqrt()])
        if bench.problem.objective is Objective.MIN_POWER:
            tried = torch.cat([tried, *(s * tried[:2] for s in _SAVING_SHARES)])
        tried = limits.project(tried)
        score = scores_of(bench.nominal, tried)
        best = score.argsort(descending=True, stable=True)[:_KEPT]
        kept.append(tried[best])
        scores.append(score[best])
        around = limits.project((tried[1:2] * around).sqrt())[0]
    order = torch.cat(scores).argsort(descending=True, stable=True)
    return torch.cat(kept)[order][:_KEPT], familiarity


def _climbed(bench: Workbench) -> Tensor:
    """[C] by ascent from present power."""
    present = bench.limits.project(bench.present_mw()[None])
    return ascend(bench.robust, bench.limits, present, iterations=30, rate_db=0.3)[0]
