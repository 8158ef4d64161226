"""The answer that is given: the best of learned and classical ones, judged by the objective itself.

The objective is computable, so nothing has to be believed: the model's starts, the same after a few
WMMSE rounds, both rounded to on and off, single switches from the best of these, and WMMSE from
present and from full power are compared, and the best is taken. It is never worse than WMMSE.
A weighted sum rate adds over-relaxed WMMSE from random starts, which costs little.
Objectives other than the weighted sum rate add starts made for them, and gradient ascent from the
best of all.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import torch
from torch import Tensor

from tools.power.foundation.model import GraphFoundationModel
from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.objectives import SUM_RATE, MinRate, Objective
from tools.power.graphs.rates import rates
from tools.power.graphs.reference import climbed, special_starts
from tools.power.graphs.rules import rounded, switched, switched_in_pairs
from tools.power.graphs.solvers import (
    BOLDEST,
    ITERATIONS,
    best,
    full_power,
    random_starts,
    values,
    wmmse,
)

_HELD = 1e-4
"""Share of a minimum rate that may be missing for it to count as held."""
_SEED = 1
_MOST_IN_PAIRS = 32
"""Links of the largest graph whose pairs of switches are all tried."""
_REVIVED = 0.02
"""Least share from which WMMSE goes on after switches; from 0 it never comes back."""


class Origin(StrEnum):
    """Where an answer came from."""

    MODEL = "model"
    REFINED = "refined"
    SWITCHED = "switched"
    PAIRED = "paired"
    CLASSICAL = "classical"
    CLIMBED = "climbed"
    RESTARTED = "restarted"


class Choice(NamedTuple):
    """The best answer for each of B graphs.

    Attributes:
        power: [B, K] shares of the limits.
        value: [B] of the objective.
        origin: where each came from.
        feasible: [B] whether a minimum rate that was asked for is held by all links; else True.
    """

    power: Tensor
    value: Tensor
    origin: tuple[Origin, ...]
    feasible: Tensor


@dataclass(frozen=True)
class Portfolio:
    """Learned and classical answers side by side.

    Args:
        model: a trained model.
        rounds: WMMSE rounds that refine its starts, the first half of them over-relaxed.
        switches: the most single switches from the best answer.
        classical_rounds: of WMMSE from present and full power.
        random_starts: of over-relaxed WMMSE, for a weighted sum rate.
        climbers: of the best answers, how many climb, where the objective is no weighted sum rate.
        climbing_steps: of the ascent.
    """

    model: GraphFoundationModel
    rounds: int = 20
    switches: int = 8
    classical_rounds: int = ITERATIONS
    random_starts: int = 32
    climbers: int = 6
    climbing_steps: int = 150

    @torch.no_grad()
    def choose(
        self,
        graphs: LinkGraphs,
        objective: Objective = SUM_RATE,
        cap_bits_per_hz: float | None = None,
        present: Tensor | None = None,
    ) -> Choice:
        """The best answer for each graph.

        Args:
            present: [B, K] present shares of the limits, a start for WMMSE.
        """
        offers = self._offers(graphs, objective, cap_bits_per_hz, present)
        power = torch.cat(list(offers.values()), -1)
        value = values(graphs, power, objective, cap_bits_per_hz)
        held = _held(graphs, power, objective, cap_bits_per_hz)
        # whoever holds the minimum goes before whoever does not
        key = torch.where(held | ~held.any(1, keepdim=True), value, -torch.inf)
        chosen = key.argmax(1)
        row = torch.arange(len(graphs), device=chosen.device)
        origins = [origin for origin, offer in offers.items() for _ in range(offer.shape[-1])]
        return Choice(
            power[row, :, chosen],
            value[row, chosen],
            tuple(origins[i] for i in chosen.tolist()),
            held[row, chosen],
        )

    def _offers(
        self,
        graphs: LinkGraphs,
        objective: Objective,
        cap: float | None,
        present: Tensor | None,
    ) -> dict[Origin, Tensor]:
        """Power vectors [B, K, S] by origin; the earlier wins a tie."""
        learned = self.model(graphs, objective, cap).power
        bold = BOLDEST * objective.stride
        eager = wmmse(graphs, learned, self.rounds // 2, objective, cap, bold)
        refined = wmmse(graphs, eager, self.rounds - self.rounds // 2, objective, cap)
        refined = torch.cat([eager, refined, rounded(refined)], -1)
        starts = [full_power(graphs)] if present is None else [present[..., None]]
        if not objective.linear:
            starts.append(special_starts(graphs, objective))
        classical = wmmse(graphs, torch.cat(starts, -1), self.classical_rounds, objective, cap)
        offers = {
            Origin.CLASSICAL: torch.cat([*starts, classical], -1),
            Origin.MODEL: torch.cat([learned, rounded(learned)], -1),
            Origin.REFINED: refined,
        }
        if objective.linear and self.random_starts:
            drawn = random_starts(graphs, self.random_starts, _SEED)
            offers[Origin.RESTARTED] = wmmse(graphs, drawn, self.rounds, objective, cap, bold)
        if self.switches:
            so_far = torch.cat(list(offers.values()), -1)
            offers |= self._switched(graphs, so_far, objective, cap)
        if not objective.linear and self.climbers:
            so_far = torch.cat(list(offers.values()), -1)
            offers[Origin.CLIMBED] = climbed(
                graphs, so_far, objective, cap, self.climbers, self.climbing_steps
            )
        return offers

    def _switched(
        self, graphs: LinkGraphs, so_far: Tensor, objective: Objective, cap: float | None
    ) -> dict[Origin, Tensor]:
        """Single switches from the best so far, WMMSE after them, and pairs where links are few."""
        leading = best(graphs, so_far, objective, cap).power[..., None]
        leading = switched(graphs, leading, objective, self.switches, cap)
        settled = wmmse(graphs, leading.clamp(min=_REVIVED), self.rounds, objective, cap)
        offers = {Origin.SWITCHED: torch.cat([leading, settled], -1)}
        if graphs.links <= _MOST_IN_PAIRS:
            leading = best(graphs, offers[Origin.SWITCHED], objective, cap).power[..., None]
            offers[Origin.PAIRED] = switched_in_pairs(
                graphs, leading, objective, self.switches, cap
            )
        return offers


def _held(graphs: LinkGraphs, power: Tensor, objective: Objective, cap: float | None) -> Tensor:
    """[B, S] whether all links have the minimum rate, where one is asked for."""
    if not isinstance(objective, MinRate):
        return torch.ones_like(power[:, 0], dtype=torch.bool)
    lowest = rates(graphs, power, cap).amin(1)
    return lowest >= objective.minimum_bits_per_hz * (1.0 - _HELD)
