"""KPIs of the catalogue over paired roll-outs; the batched twin of :mod:`contracts.measure`."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from contracts.errors import RanwrightError
from contracts.kpi import Kpi
from contracts.measure import Thresholds
from contracts.network import NetworkSnapshot
from contracts.requirement import Requirement


@dataclass(frozen=True)
class WindowKpis:
    """What N roll-outs measure in one window.

    Attributes:
        throughput_mbps: [N, U]; nan for a UE never active.
        serving_rsrp_dbm: [N, U] averaged over the window, with measurement error.
        sinr_db: [N, U].
        average_power_w: [N, C].
        tx_power_mw: [C].
        serving: [N, U] index of the serving cell.
    """

    throughput_mbps: Tensor
    serving_rsrp_dbm: Tensor
    sinr_db: Tensor
    average_power_w: Tensor
    tx_power_mw: Tensor
    serving: Tensor


@dataclass(frozen=True)
class PairedRollouts:
    """The two windows, UEs in order of ``ue_ids``, cells in order of ``cell_ids``."""

    before: WindowKpis
    after: WindowKpis
    ue_ids: tuple[int, ...]
    cell_ids: tuple[int, ...]


def kpi_samples(
    kpi: Kpi,
    cells: Sequence[int],
    snapshot: NetworkSnapshot,
    paired: PairedRollouts,
    thresholds: Thresholds,
) -> tuple[Tensor, Tensor]:
    """A KPI over ``cells`` in every roll-out, before and after, in its catalogue unit.

    The cohort is the UEs that the cells serve in the snapshot.

    Returns:
        Two tensors [N]; nan where the KPI is undefined because no UE of the cohort was active.

    Raises:
        RanwrightError: ``kpi.empty_cohort``, or ``kpi.unknown_cell``.
    """
    _require_known(cells, paired)
    if kpi in (Kpi.TX_POWER_TOTAL, Kpi.PEE_AVG_POWER):
        columns = torch.tensor([paired.cell_ids.index(c) for c in cells])
        return _power_w(kpi, columns, paired.before), _power_w(kpi, columns, paired.after)
    rows = [paired.ue_ids.index(ue_id) for ue_id in snapshot.cohort(cells)]
    if not rows:
        raise RanwrightError(
            "kpi.empty_cohort",
            f"Cells {list(cells)} serve no UE, so their UE KPIs are undefined.",
            "Name cells that carry traffic.",
        )
    cohort = torch.tensor(rows)
    before = _ue_kpi(kpi, cohort, paired.before, paired.before, thresholds)
    return before, _ue_kpi(kpi, cohort, paired.before, paired.after, thresholds)


def missed(
    requirement: Requirement,
    snapshot: NetworkSnapshot,
    paired: PairedRollouts,
    thresholds: Thresholds,
) -> Tensor:
    """Boolean [N]: roll-outs in which the requirement does not hold. An undefined KPI is a miss."""
    before, after = kpi_samples(requirement.kpi, requirement.cells, snapshot, paired, thresholds)
    held: Tensor = requirement.margin(before, after) >= 0
    return ~held


def _power_w(kpi: Kpi, columns: Tensor, window: WindowKpis) -> Tensor:
    if kpi is Kpi.PEE_AVG_POWER:
        return window.average_power_w[:, columns].sum(-1)
    total_w = window.tx_power_mw[columns].double().sum() / 1000.0
    return total_w.expand(window.average_power_w.shape[0])


def _ue_kpi(
    kpi: Kpi, cohort: Tensor, before: WindowKpis, window: WindowKpis, thresholds: Thresholds
) -> Tensor:
    weak = thresholds.weak_rsrp_dbm
    match kpi:
        case Kpi.UE_THP_DL_MEAN:
            return window.throughput_mbps[:, cohort].nanmean(-1)
        case Kpi.UE_THP_DL_P5:
            return torch.nanquantile(window.throughput_mbps[:, cohort], 0.05, dim=-1)
        case Kpi.WEAK_RSRP_RATIO:
            return _percent(window.serving_rsrp_dbm[:, cohort] < weak)
        case Kpi.LOW_SINR_RATIO:
            return _percent(window.sinr_db[:, cohort] < thresholds.low_sinr_db)
        case Kpi.COVERAGE_LOSS_RATIO:
            covered = before.serving_rsrp_dbm[:, cohort] >= weak
            return _percent(covered & (window.serving_rsrp_dbm[:, cohort] < weak))
    raise RanwrightError(
        "kpi.not_simulated", f"The twin does not simulate {kpi}.", "Name a KPI of the catalogue."
    )


def _percent(flags: Tensor) -> Tensor:
    return 100.0 * flags.double().mean(-1)


def _require_known(cells: Sequence[int], paired: PairedRollouts) -> None:
    unknown = sorted(set(cells) - set(paired.cell_ids))
    if unknown:
        raise RanwrightError(
            "kpi.unknown_cell", f"Cells {unknown} are not in the twin.", "Name known cells."
        )
