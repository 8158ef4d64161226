"""Promises of an activation, measured window after window while powers move."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from contracts.activation import ActivationPlan
from contracts.clock import Instant
from contracts.errors import RanwrightError
from contracts.measure import measure_kpi
from contracts.network import (
    CellMeasurement,
    CellState,
    NetworkSnapshot,
    UeState,
)
from contracts.plant_link import NodeInfo
from xapps.sdk.kpm_rows import RowReport


@dataclass(slots=True)
class _UeSums:
    reports: int = 0
    serving_cell: int = 0
    volume_mbit: float = 0.0
    active_ms: float = 0.0
    sinr_db: float = 0.0
    carried: Counter[int] = field(default_factory=Counter)
    rsrp_dbm: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))


@dataclass(slots=True)
class _CellSums:
    reports: int = 0
    throughput_mbps: float = 0.0
    prb_percent: float = 0.0
    ues: float = 0.0
    power_w: float = 0.0


class Averages:
    """Averages reports as they come into what :meth:`NetworkSnapshot.from_reports` would make.

    Unlike there the configuration may move between reports: that is what is watched. The snapshot
    bears the configuration at its end. Little work is left for that end, where moves are waiting.
    """

    def __init__(self) -> None:
        self.window_ms = 0
        self._reports = 0
        self._newest: RowReport | None = None
        self._ues: defaultdict[int, _UeSums] = defaultdict(_UeSums)
        self._cells: defaultdict[int, _CellSums] = defaultdict(_CellSums)

    def add(self, report: RowReport) -> None:
        """Take the next report."""
        self.window_ms += report.period_ms
        self._reports += 1
        self._newest = report
        for ue_id, serving_cell, volume_mbit, active_ms, sinr_db, heard in report.ues:
            sums = self._ues[ue_id]
            sums.reports += 1
            sums.serving_cell = serving_cell
            sums.volume_mbit += volume_mbit
            sums.active_ms += active_ms
            sums.sinr_db += sinr_db
            sums.carried.update(heard.keys())
            total_dbm = sums.rsrp_dbm
            for cell_id, rsrp_dbm in heard.items():
                total_dbm[cell_id] += rsrp_dbm
        for cell in report.cells:
            of_cell = self._cells[cell.cell_id]
            of_cell.reports += 1
            of_cell.throughput_mbps += cell.ue_throughput_mbps
            of_cell.prb_percent += cell.prb_usage_percent
            of_cell.ues += cell.connected_ues
            of_cell.power_w += cell.average_power_w

    def snapshot(self, node: NodeInfo, taken_at: Instant) -> NetworkSnapshot:
        """The window as a snapshot.

        Raises:
            RanwrightError: ``snapshot.no_reports`` or ``snapshot.cell_missing``.
        """
        if self._newest is None:
            raise _unusable("no_reports", "No report arrived in the window.")
        missing = [c.cell_id for c in node.cells if c.cell_id not in self._cells]
        if missing:
            raise _unusable("cell_missing", f"No report in the window measures cells {missing}.")
        return NetworkSnapshot(
            scenario=node.scenario,
            scenario_digest=node.scenario_digest,
            resource_version=node.resource_version,
            taken_at=taken_at,
            window_ms=self.window_ms,
            reports=self._reports,
            cells=tuple(
                CellState(configuration=c, measurement=self._cell(c.cell_id))
                for c in sorted(node.cells, key=lambda c: c.cell_id)
            ),
            ues=tuple(self._ue(u) for u in sorted(u.ue_id for u in self._newest.ues)),
        )

    def _cell(self, cell_id: int) -> CellMeasurement:
        sums = self._cells[cell_id]
        return CellMeasurement(
            cell_id=cell_id,
            ue_throughput_mbps=sums.throughput_mbps / sums.reports,
            prb_usage_percent=min(100.0, sums.prb_percent / sums.reports),
            connected_ues=sums.ues / sums.reports,
            average_power_w=sums.power_w / sums.reports,
        )

    def _ue(self, ue_id: int) -> UeState:
        sums = self._ues[ue_id]
        active_s = sums.active_ms / 1000.0
        heard = sorted(
            c for c, n in sums.carried.items() if 2 * n >= sums.reports or c == sums.serving_cell
        )
        return UeState(
            ue_id=ue_id,
            serving_cell=sums.serving_cell,
            throughput_mbps=sums.volume_mbit / active_s if sums.active_ms > 0 else None,
            dl_active_time_ms=sums.active_ms,
            sinr_db=sums.sinr_db / sums.reports,
            rsrp_dbm={c: sums.rsrp_dbm[c] / sums.carried[c] for c in heard},
        )


def missed(
    plan: ActivationPlan, baseline: NetworkSnapshot, measured: NetworkSnapshot
) -> Iterator[str]:
    """Promises that a window does not keep, in words.

    Args:
        plan: holds the promises.
        baseline: of the action that the plan follows; gives the cohorts.
        measured: the window.

    Raises:
        RanwrightError: ``kpi.*``: a promise cannot be measured.
    """
    for promise in plan.promises:
        requirement = promise.requirement
        value = measure_kpi(requirement.kpi, requirement.cells, baseline, measured, plan.thresholds)
        margin = requirement.margin(promise.before_in_kpi_unit, value)
        if not margin >= 0:
            yield f"{requirement.describe()} ({promise.origin}) by {-margin:.3g}"


def _unusable(code: str, message: str) -> RanwrightError:
    return RanwrightError(f"snapshot.{code}", message, "Check the plant and its reports.")
