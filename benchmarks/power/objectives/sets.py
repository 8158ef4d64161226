"""Graphs that answers are judged on, what the best classical solvers reach there, and the ratio.

Seeds are of this benchmark alone. Minimum rates count on the graphs where powers exist that hold
them (least powers by Foschini and Miljanic decide that), and the share that is held is told apart.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from benchmarks.pieces import Pieces, Values
from tools.power.graphs.families import ADHOC, CUI, MIX
from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.objectives import OBJECTIVES, MinRate, Objective
from tools.power.graphs.rates import rates
from tools.power.graphs.reference import strongest
from tools.power.graphs.rules import least_powers
from tools.power.graphs.solvers import values
from tools.power.graphs.stream import graphs

TEST_SEED, FEW_SEED = 20_262, 20_263
FAMILIES = (MIX, CUI, ADHOC)
SIZES = (10, 20, 50)
NAMES = tuple(n for n in OBJECTIVES if n != "sum_rate")
_HELD = 1e-3
_CHUNK = 32


@dataclass(frozen=True)
class TestSet:
    """Graphs of one family and size."""

    name: str
    graphs: LinkGraphs

    @cached_property
    def feasible(self) -> dict[float, Tensor]:
        """[N] whether a minimum rate can be held, by minimum; filled when asked for."""
        return {}

    def counted(self, objective: Objective) -> Tensor:
        """[N] graphs that count for an objective."""
        if not isinstance(objective, MinRate):
            return torch.ones(len(self.graphs), dtype=torch.bool)
        minimum = objective.minimum_bits_per_hz
        if minimum not in self.feasible:
            least = least_powers(self.graphs, minimum, rounds=2000)
            self.feasible[minimum] = held(self.graphs, least, minimum)
        return self.feasible[minimum]


def held(some: LinkGraphs, power: Tensor, minimum_bits_per_hz: float) -> Tensor:
    """[B] whether powers [B, K, 1] give every link the minimum, but for a thousandth."""
    lowest = rates(some, power).amin(1)[:, 0]
    return lowest >= minimum_bits_per_hz * (1.0 - _HELD)


def test_sets(count: int) -> list[TestSet]:
    """Every family and size."""
    return [
        TestSet(f"{family.name}-{links}", graphs(family, links, TEST_SEED, count))
        for family in FAMILIES
        for links in SIZES
    ]


class Judge:
    """Ratios to the reference on all test sets."""

    def __init__(self, pieces: Pieces, count: int) -> None:
        self._pieces = pieces
        self.sets = test_sets(count)

    def reference(self, objective: Objective, chosen: TestSet) -> Tensor:
        """[N] the best of the classical solvers."""

        def make() -> Values:
            parts = range(0, len(chosen.graphs), _CHUNK)
            found = [strongest(chosen.graphs[i : i + _CHUNK], objective).value for i in parts]
            return {"value": torch.cat(found).tolist()}

        name = f"reference-{objective.name}-{chosen.name}"
        return torch.tensor(self._pieces.get(name, make)["value"])

    def judged(self, objective: Objective, chosen: TestSet, power: Tensor) -> Values:
        """Ratios of powers [N, K], and for a minimum rate the share of graphs that hold it."""
        counted = chosen.counted(objective)
        value = values(chosen.graphs, power[..., None], objective)[:, 0]
        ratio = (value / self.reference(objective, chosen))[counted]
        found: Values = {"ratio": [round(float(r), 6) for r in ratio]}
        if isinstance(objective, MinRate):
            holds = held(chosen.graphs, power[..., None], objective.minimum_bits_per_hz)
            found["held"] = [int(h) for h in holds[counted]]
        return found
