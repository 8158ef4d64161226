"""Traffic of a cell inferred from the time its UEs had data."""

import torch
from torch import Tensor

from contracts.network import NetworkSnapshot
from twins.flow import STEP_MS
from twins.scenario import Scenario

ACTIVITY_LIMITS = (0.05, 1.0)
"""Range the activity of a cell's UEs is truncated to."""

_GRID = 3801
_LEAST_DEVIATION = 1e-3


class ActivityPosterior:
    """Activity of each cell's UEs: normal prior, binomial likelihood of the steps with data.

    The steps of a cell's UEs count together: shares hang on the sum of their activities, which the
    count gives also where handovers have mixed UEs of different habits. Computed on a grid.
    """

    def __init__(self, scenario: Scenario, snapshot: NetworkSnapshot) -> None:
        ids = scenario.cell_ids
        self._serving = torch.tensor([ids.index(ue.serving_cell) for ue in snapshot.ues]).long()
        active_ms = torch.tensor([ue.dl_active_time_ms for ue in snapshot.ues]).double()
        zeros = torch.zeros(len(ids), dtype=torch.float64)
        active = zeros.index_add(0, self._serving, active_ms / STEP_MS).unsqueeze(1)
        served = torch.bincount(self._serving, minlength=len(ids)).unsqueeze(1)
        idle = (served * (snapshot.window_ms / STEP_MS) - active).clamp(min=0.0)
        self._grid = torch.linspace(*ACTIVITY_LIMITS, _GRID, dtype=torch.float64)
        deviation = max(scenario.uncertainty.activity, _LEAST_DEVIATION)
        self._mean, self._deviation = scenario.traffic.activity, deviation
        log_weight = -0.5 * ((self._grid - self._mean) / deviation).square()
        likelihood = torch.special.xlogy(active, self._grid)
        likelihood = likelihood + torch.special.xlogy(idle, 1.0 - self._grid)
        self._cumulative = torch.softmax(log_weight + likelihood, -1).cumsum(-1)

    def strain(self) -> float:
        """Mean square of the expected activities about the scenario's, over its variance."""
        none = torch.zeros_like(self._cumulative[:, :1])
        density = torch.diff(self._cumulative, dim=-1, prepend=none)
        expected = (density * self._grid).sum(-1)
        return float(((expected - self._mean) / self._deviation).square().mean())

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """[n, U] activity of each UE: that of the cell that serves it in the snapshot."""
        return self.sample_cells(n, generator)[:, self._serving]

    def sample_cells(self, n: int, generator: torch.Generator) -> Tensor:
        """[n, C] activity of each cell's UEs; a cell without UEs follows the prior."""
        cells = self._cumulative.shape[0]
        uniform = torch.rand(cells, n, generator=generator, dtype=torch.float64)
        index = torch.searchsorted(self._cumulative, uniform, right=True).clamp(max=_GRID - 1)
        return self._grid[index].float().T
