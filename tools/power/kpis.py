"""KPIs of the catalogue on modelled states, hard as they are measured or smooth for gradients."""

import torch
from torch import Tensor

from contracts.errors import RanwrightError
from contracts.kpi import Kpi
from contracts.measure import Thresholds
from contracts.requirement import CellId
from tools.power.knowledge import Knowledge
from tools.power.model import State

SMOOTH_DB = 0.5
"""Width of the sigmoid that stands for a threshold in gradients."""


class KpiModel:
    """KPIs over fixed cells of states; cohorts are those of the snapshot."""

    def __init__(self, known: Knowledge, thresholds: Thresholds) -> None:
        self._known = known
        self._thresholds = thresholds
        self._cohorts: dict[tuple[tuple[CellId, ...], bool], Tensor] = {}

    def value(
        self, kpi: Kpi, cells: tuple[CellId, ...], state: State, before: State, smooth: bool = False
    ) -> Tensor:
        """One KPI [B, S] in its catalogue unit.

        Args:
            state: [B, S, ...] the network to measure.
            before: [1, S, ...] the same samples at present power (coverage loss compares with it).
            smooth: ratios through a sigmoid, so that they have a gradient.

        Raises:
            RanwrightError: ``kpi.empty_cohort`` when the cells serve no UE.
        """
        columns = [self._known.cell_ids.index(c) for c in cells]
        match kpi:
            case Kpi.TX_POWER_TOTAL:
                total_w = state.power_mw[:, columns].sum(-1, keepdim=True) / 1000.0
                return total_w.expand(-1, state.rates_mbps.shape[1])
            case Kpi.PEE_AVG_POWER:
                return state.consumed_w[..., columns].sum(-1)
            case Kpi.UE_THP_DL_MEAN:
                return state.rates_mbps[..., self.cohort(cells, True)].mean(-1)
            case Kpi.UE_THP_DL_P5:
                return low_percentile(state.rates_mbps[..., self.cohort(cells, True)], 5.0)
        cohort = self.cohort(cells, False)
        weak = self._thresholds.weak_rsrp_dbm
        match kpi:
            case Kpi.WEAK_RSRP_RATIO:
                flags = below(state.rsrp_dbm[..., cohort], weak, smooth)
            case Kpi.LOW_SINR_RATIO:
                flags = below(state.sinr_db[..., cohort], self._thresholds.low_sinr_db, smooth)
            case Kpi.COVERAGE_LOSS_RATIO:
                covered = 1.0 - below(before.rsrp_dbm[..., cohort], weak, False)
                flags = covered * below(state.rsrp_dbm[..., cohort], weak, smooth)
        return 100.0 * flags.mean(-1)

    def cohort(self, cells: tuple[CellId, ...], with_traffic: bool) -> Tensor:
        """Indices of the UEs that the cells served in the snapshot.

        Args:
            with_traffic: leave out UEs that were never active, as the measured KPI does.

        Raises:
            RanwrightError: ``kpi.empty_cohort``.
        """
        key = (cells, with_traffic)
        if key in self._cohorts:
            return self._cohorts[key]
        wanted = torch.tensor([self._known.cell_ids.index(c) for c in cells])
        member = torch.isin(self._known.serving, wanted)
        if with_traffic:
            member &= ~self._known.throughput_mbps.isnan()
        if not bool(member.any()):
            raise RanwrightError(
                "kpi.empty_cohort",
                f"Cells {list(cells)} serve no UE with traffic, so their UE KPIs are undefined.",
                "Name cells that carry traffic.",
            )
        self._cohorts[key] = member.nonzero().squeeze(-1)
        return self._cohorts[key]


def low_percentile(values: Tensor, percent: float) -> Tensor:
    """Percentile below 50 over the last axis with linear interpolation; differentiable."""
    position = (values.shape[-1] - 1) * percent / 100.0
    low = int(position)
    count = min(low + 2, values.shape[-1])
    smallest = values.topk(count, dim=-1, largest=False, sorted=True).values
    below_, above = smallest[..., low], smallest[..., count - 1]
    return below_ + (above - below_) * (position - low)


def below(values: Tensor, threshold: float, smooth: bool) -> Tensor:
    """1 where a value is below the threshold; smooth: a sigmoid that errs on the safe side."""
    if smooth:
        return torch.sigmoid((threshold + SMOOTH_DB - values) / SMOOTH_DB)
    return (values < threshold).to(values.dtype)
