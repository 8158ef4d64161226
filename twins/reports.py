"""The measurement model: what KPM reports show of a network, under TS 28.552 names.

RSRP readings carry a Gaussian error and the 1 dB resolution of TS 38.133 Table 10.1.6.1-1; weak
cells are not detected. SINR has the 0.5 dB resolution of TS 38.133 Table 10.1.16.1-1.
"""

from collections.abc import Sequence
from itertools import islice

import torch
from torch import Tensor

from contracts.network import REPORT_PERIOD_MS, CellMeasurement, KpmReport, UeMeasurement
from twins.flow import FlowResult
from twins.scenario import EnergyModel, MeasurementModel, Scenario

RSRP_RANGE_DBM = (-156.0, -31.0)
SINR_RANGE_DB = (-23.0, 40.0)
_RSRP_STEP_DB = 1.0
SINR_STEP_DB = 0.5


def readings_in(window_ms: int) -> int:
    """RSRP readings that a measured window averages: one a report."""
    return max(1, round(window_ms / REPORT_PERIOD_MS))


def read_rsrp_dbm(
    measurement: MeasurementModel, rsrp_dbm: Tensor, generator: torch.Generator
) -> Tensor:
    """One reading of each true RSRP, in dBm; any shape."""
    error = torch.randn(rsrp_dbm.shape, generator=generator) * measurement.rsrp_error_db
    return _quantised(rsrp_dbm + error, _RSRP_STEP_DB, RSRP_RANGE_DBM)


def average_rsrp_dbm(
    measurement: MeasurementModel, rsrp_dbm: Tensor, readings: int, generator: torch.Generator
) -> Tensor:
    """Mean of several readings, as a snapshot averages a window; any shape."""
    return read_rsrp_dbm(measurement, rsrp_dbm.expand(readings, *rsrp_dbm.shape), generator).mean(0)


def reading_deviation_db(measurement: MeasurementModel, readings: int) -> float:
    """Standard deviation of a mean of readings: error and rounding."""
    variance = measurement.rsrp_error_db**2 + _RSRP_STEP_DB**2 / 12.0
    return float((variance / readings) ** 0.5)


def detected(measurement: MeasurementModel, reading_dbm: Tensor, serving: Tensor) -> Tensor:
    """Which cells a UE reports: bool [..., U, C].

    Args:
        reading_dbm: [..., U, C].
        serving: [..., U] index of the serving cell, which is always reported.
    """
    best = reading_dbm.amax(-1, keepdim=True)
    strong = reading_dbm >= torch.clamp(
        best - measurement.detection_range_db, min=measurement.detection_floor_dbm
    )
    order = torch.argsort(reading_dbm, dim=-1, descending=True, stable=True)
    first = order[..., : measurement.max_reported_cells]
    seen = strong & torch.zeros_like(strong).scatter_(-1, first, True)
    own = torch.nn.functional.one_hot(serving, reading_dbm.shape[-1]).bool()
    return seen | own


def average_power_w(
    energy: EnergyModel, overhead_share: float, tx_power_mw: Tensor, prb_usage: Tensor
) -> Tensor:
    """PEE.AvgPower: static power, and the slope times the power radiated on average; [..., C]."""
    load = prb_usage + (1.0 - prb_usage) * overhead_share
    return energy.static_w + energy.slope * tx_power_mw / 1000.0 * load


def make_report(
    scenario: Scenario,
    result: FlowResult,
    rsrp_dbm: Tensor,
    serving: Tensor,
    tx_power_mw: Tensor,
    generator: torch.Generator,
    *,
    kpm_time_ms: int,
    period_ms: int,
    resource_version: int,
) -> KpmReport:
    """Measure one period of one network.

    Args:
        result: the period, of a batch of one.
        rsrp_dbm: [U, C] true SS-RSRP.
        serving: [U] index of the serving cells.
        tx_power_mw: [C].
        generator: source of the measurement errors.
        kpm_time_ms: end of the period.
    """
    ids = scenario.cell_ids
    reading = read_rsrp_dbm(scenario.measurement, rsrp_dbm, generator)
    seen = detected(scenario.measurement, reading, serving)
    sinr = _quantised(result.sinr_db[0], SINR_STEP_DB, SINR_RANGE_DB)
    columns = zip(
        serving.tolist(),
        result.volume_mbit[0].tolist(),
        result.active_ms[0].tolist(),
        sinr.tolist(),
        seen.sum(-1).tolist(),
        strict=True,
    )
    cells_seen = map(ids.__getitem__, seen.nonzero()[:, 1].tolist())
    rsrp_seen = zip(cells_seen, reading[seen].tolist(), strict=True)  # UE by UE
    ues = tuple(
        UeMeasurement(
            ue_id=ue_id,
            serving_cell=ids[cell],
            dl_volume_mbit=round(volume, 6),
            dl_active_time_ms=active,
            sinr_db=sinr_db,
            rsrp_dbm=dict(islice(rsrp_seen, count)),
        )
        for ue_id, (cell, volume, active, sinr_db, count) in enumerate(columns)
    )
    power_w = average_power_w(
        scenario.energy, scenario.carrier.overhead_share, tx_power_mw, result.prb_usage[0]
    )
    cells = _measure_cells(ids, ues, result.prb_usage[0].tolist(), power_w.tolist())
    return KpmReport(
        kpm_time_ms=kpm_time_ms,
        period_ms=period_ms,
        resource_version=resource_version,
        cells=cells,
        ues=ues,
    )


def _measure_cells(
    ids: Sequence[int],
    ues: Sequence[UeMeasurement],
    prb_usage: Sequence[float],
    power_w: Sequence[float],
) -> tuple[CellMeasurement, ...]:
    measured = []
    served_by: dict[int, list[UeMeasurement]] = {cell_id: [] for cell_id in ids}
    for ue in ues:
        served_by[ue.serving_cell].append(ue)
    for cell_id, usage, watts in zip(ids, prb_usage, power_w, strict=True):
        served = served_by[cell_id]
        rates = [
            u.dl_volume_mbit / (u.dl_active_time_ms / 1000.0)
            for u in served
            if u.dl_active_time_ms > 0
        ]
        measured.append(
            CellMeasurement(
                cell_id=cell_id,
                ue_throughput_mbps=round(sum(rates) / len(rates), 6) if rates else 0.0,
                prb_usage_percent=round(min(100.0, 100.0 * usage), 3),
                connected_ues=float(len(served)),
                average_power_w=round(watts, 3),
            )
        )
    return tuple(measured)


def _quantised(values: Tensor, step: float, limits: tuple[float, float]) -> Tensor:
    return (torch.round(values / step) * step).clamp(*limits)
