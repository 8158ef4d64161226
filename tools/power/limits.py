"""Where powers may lie: box and grid of each variable, and limits on sums of powers."""

from dataclasses import dataclass

import torch
from torch import Tensor

from contracts.dictionary.profile import EquipmentProfile
from contracts.errors import RanwrightError
from contracts.kpi import Kpi
from contracts.problem import Problem
from contracts.requirement import Condition
from contracts.units import mw_to_w
from tools.power.knowledge import Knowledge
from tools.power.runtime import DTYPE

_BISECTIONS = 60


@dataclass(frozen=True)
class PowerLimits:
    """Limits on p[C] in mW. Cells without a variable keep their present power.

    Attributes:
        lower, upper: [C] box.
        members: [J, C] 1 for the cells that a sum limit covers.
        sums: [J] largest sum of each.
        grid: for each cell, the settable values inside the box, ascending.
    """

    lower: Tensor
    upper: Tensor
    members: Tensor
    sums: Tensor
    grid: tuple[Tensor, ...]

    @classmethod
    def of(cls, problem: Problem, known: Knowledge, equipment: EquipmentProfile) -> "PowerLimits":
        """Limits of a problem: domains, and its requirements on total power.

        Raises:
            RanwrightError: ``tool.empty_domain`` when no grid value lies in a domain,
                ``tool.unknown_cell`` when a variable's cell is not in the snapshot.
        """
        variables = {v.cell_id: v for v in problem.variables}
        if unknown := sorted(set(variables) - set(known.cell_ids)):
            raise RanwrightError(
                "tool.unknown_cell", f"The snapshot lacks cells {unknown}.", "Formulate again."
            )
        settable = equipment.grid_mw()
        grid = []
        for cell, present in zip(known.cell_ids, known.power_mw.tolist(), strict=True):
            v = variables.get(cell)
            values = [p for p in settable if v.lower_mw <= p <= v.upper_mw] if v else [int(present)]
            if not values:
                raise RanwrightError(
                    "tool.empty_domain",
                    f"Cell {cell} has no settable power in its domain.",
                    "Widen the step limit or correct the equipment profile.",
                )
            grid.append(torch.tensor(values, dtype=DTYPE))
        members, sums = _sum_limits(problem, known)
        return cls(
            lower=torch.stack([g[0] for g in grid]),
            upper=torch.stack([g[-1] for g in grid]),
            members=members,
            sums=sums,
            grid=tuple(grid),
        )

    def project(self, power_mw: Tensor) -> Tensor:
        """Powers [B, C] moved into the box, then scaled down under each sum limit.

        A sum limit below the sum of the lower limits leaves its cells at their lower limits.
        """
        power = power_mw.clamp(self.lower, self.upper)
        for member, limit in zip(self.members.bool(), self.sums, strict=True):
            power = self._scaled_down(power, member, limit)
        return power

    def _scaled_down(self, power: Tensor, member: Tensor, limit: Tensor) -> Tensor:
        over = power[:, member].sum(-1) > limit
        if not bool(over.any()):
            return power
        low = torch.zeros(int(over.sum()), 1, dtype=power.dtype)
        high = torch.ones_like(low)
        start, floor = power[over][:, member], self.lower[member]
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2.0
            fits = torch.maximum(start * middle, floor).sum(-1, keepdim=True) <= limit
            low, high = torch.where(fits, middle, low), torch.where(fits, high, middle)
        scaled = power[over]
        scaled[:, member] = torch.maximum(start * low, floor)
        result = power.clone()
        result[over] = scaled
        return result

    def snap(self, power_mw: Tensor) -> Tensor:
        """Grid indices [B, C] of the nearest settable values; rounded down where sums would break.

        Args:
            power_mw: [B, C] that keep the limits, as from :meth:`project`.
        """
        nearest = self._indices(power_mw, 1.0 / 2.0)
        fits = (self.values(nearest) @ self.members.T <= self.sums).all(-1, keepdim=True)
        return torch.where(fits, nearest, self._indices(power_mw, 0.0))

    def settable(self, power_mw: Tensor) -> Tensor:
        """The nearest powers [B, C] inside the limits that can be set."""
        return self.values(self.snap(self.project(power_mw)))

    def _indices(self, power_mw: Tensor, up: float) -> Tensor:
        """Index of the largest grid value not above the power, or the next from ``up`` of the way.

        A hair of tolerance keeps values that already lie on the grid.
        """
        columns = []
        for c, grid in enumerate(self.grid):
            power = power_mw[:, c].contiguous() * (1.0 + 1e-9)
            below = (torch.searchsorted(grid, power, right=True) - 1).clamp(min=0)
            above = (below + 1).clamp(max=len(grid) - 1)
            share = (power - grid[below]) / (grid[above] - grid[below]).clamp(min=1e-9)
            columns.append(torch.where(share > up, above, below) if up else below)
        return torch.stack(columns, dim=1)

    def values(self, index: Tensor) -> Tensor:
        """Powers [B, C] at grid indices [B, C]."""
        return torch.stack([g[index[:, c]] for c, g in enumerate(self.grid)], dim=1)


def _largest_mw(limit_w: float) -> int:
    """Most milliwatts that are not above the limit once they are converted to watts."""
    whole = int(limit_w * 1000.0) + 1
    while mw_to_w(whole) > limit_w:
        whole -= 1
    return whole


def _sum_limits(problem: Problem, known: Knowledge) -> tuple[Tensor, Tensor]:
    rows, sums = [], []
    for sourced in problem.requirements:
        r = sourced.requirement
        if r.kpi is not Kpi.TX_POWER_TOTAL or r.condition is not Condition.AT_MOST:
            continue
        member = torch.tensor([float(c in r.cells) for c in known.cell_ids], dtype=DTYPE)
        before_w = mw_to_w(float((member * known.power_mw).sum()))
        threshold_w = float(r.threshold(before_w))
        rows.append(member)
        sums.append(_largest_mw(threshold_w - sourced.reserve_share * abs(threshold_w)) + 1e-6)
    if not rows:
        return torch.zeros(0, len(known.cell_ids), dtype=DTYPE), torch.zeros(0, dtype=DTYPE)
    return torch.stack(rows), torch.tensor(sums, dtype=DTYPE)
