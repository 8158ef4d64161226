"""Traffic of a cell inferred from its resource block usage."""

import torch
from torch import Tensor

from contracts.network import NetworkSnapshot
from twins.flow import STEP_MS
from twins.scenario import Scenario

ACTIVITY_LIMITS = (0.05, 1.0)
"""Range the activity of a cell's UEs is truncated to."""

_GRID = 191


class ActivityPosterior:
    """Activity of each cell's UEs: normal prior, binomial likelihood of the busy steps, on a grid.

    A cell with n UEs is busy in a step with probability ``1 - (1 - activity)^n``.
    """

    def __init__(self, scenario: Scenario, snapshot: NetworkSnapshot) -> None:
        ids = scenario.cell_ids
        self._serving = torch.tensor([ids.index(ue.serving_cell) for ue in snapshot.ues]).long()
        self._grid = torch.linspace(*ACTIVITY_LIMITS, _GRID, dtype=torch.float64)
        served = torch.bincount(self._serving, minlength=len(ids)).unsqueeze(1)
        usage = torch.tensor(
            [c.measurement.prb_usage_percent / 100.0 for c in snapshot.cells], dtype=torch.float64
        ).unsqueeze(1)
        steps = snapshot.window_ms / STEP_MS
        deviation = max(scenario.uncertainty.activity, 1e-3)
        idle = (1.0 - self._grid).pow(served).clamp(1e-12, 1.0 - 1e-12)
        log_weight = -0.5 * ((self._grid - scenario.traffic.activity) / deviation).square()
        likelihood = steps * (usage * torch.log1p(-idle) + (1.0 - usage) * idle.log())
        log_weight = log_weight + torch.where(served > 0, likelihood, 0.0)
        self._cumulative = torch.softmax(log_weight, -1).cumsum(-1)

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """[n, U] activity of each UE: that of the cell that serves it in the snapshot."""
        cells = self._cumulative.shape[0]
        uniform = torch.rand(cells, n, generator=generator, dtype=torch.float64)
        index = torch.searchsorted(self._cumulative, uniform, right=True).clamp(max=_GRID - 1)
        return self._grid[index].float().T[:, self._serving]
