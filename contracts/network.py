"""KPM reports and the content-addressed snapshot of the network that a decision is made on."""

from collections import Counter
from collections.abc import Sequence
from statistics import fmean
from typing import Self

from pydantic import Field, model_validator

from contracts.canonical import Contract, Digest
from contracts.clock import Instant
from contracts.errors import RanwrightError
from contracts.requirement import CellId

REPORT_PERIOD_MS = 200
"""KPM report period at which networks are observed and watched: the shortest time in which a UE
renews an RSRP reading (TS 38.133 Table 9.2.5.2-1, FR1, no DRX), so each report carries a new one.
"""


class CellMeasurement(Contract):
    """Per-cell measurements of one KPM report, TS 28.552 names in the comments."""

    cell_id: CellId
    ue_throughput_mbps: float = Field(ge=0, description="DRB.UEThpDl, mean over served UEs")
    prb_usage_percent: float = Field(ge=0, le=100, description="RRU.PrbTotDl")
    connected_ues: float = Field(ge=0, description="RRC.ConnMean")
    average_power_w: float = Field(ge=0, description="PEE.AvgPower")


class UeMeasurement(Contract):
    """Per-UE measurements of one KPM report."""

    ue_id: int = Field(ge=0)
    serving_cell: CellId
    dl_volume_mbit: float = Field(ge=0, description="DRB.PdcpSduVolumeDL in the period")
    dl_active_time_ms: float = Field(ge=0, description="time with data in the buffer")
    sinr_db: float = Field(description="wideband SS-SINR of the serving cell")
    rsrp_dbm: dict[CellId, float] = Field(description="SS-RSRP per detected cell, TS 38.133 steps")


class CellConfiguration(Contract):
    """What can be read back of a cell, under TS 28.541 names and units."""

    cell_id: CellId
    configured_max_tx_power_mw: int = Field(ge=0, description="NRSectorCarrier, milliwatts")
    digital_tilt_decidegrees: int = Field(ge=-900, le=900, description="0.1 degree, down positive")


class KpmReport(Contract):
    """One KPM indication: everything measured in ``(kpm_time_ms - period_ms, kpm_time_ms]``."""

    kpm_time_ms: int = Field(ge=0)
    period_ms: int = Field(gt=0)
    resource_version: int = Field(ge=0, description="configuration in force during the period")
    cells: tuple[CellMeasurement, ...]
    ues: tuple[UeMeasurement, ...]


class CellState(Contract):
    """A cell in a snapshot: its configuration, and its measurements averaged over the window."""

    configuration: CellConfiguration
    measurement: CellMeasurement


class UeState(Contract):
    """A UE in a snapshot: window averages; RSRP in dB of cells that most reports carry.

    A cell that fewer carry was below what the UE detects, and heard when its errors were lucky.
    """

    ue_id: int = Field(ge=0)
    serving_cell: CellId
    throughput_mbps: float | None = Field(ge=0, description="None: never active in the window")
    dl_active_time_ms: float = Field(ge=0, description="time in the window with data")
    sinr_db: float
    rsrp_dbm: dict[CellId, float]

    @property
    def serving_rsrp_dbm(self) -> float:
        """SS-RSRP of the serving cell."""
        return self.rsrp_dbm[self.serving_cell]


class NetworkSnapshot(Contract):
    """The network as the reports of one window show it; its digest names it everywhere."""

    scenario: str
    scenario_digest: Digest
    resource_version: int = Field(ge=0)
    taken_at: Instant
    window_ms: int = Field(gt=0)
    reports: int = Field(gt=0, description="number of reports averaged, one RSRP reading in each")
    cells: tuple[CellState, ...] = Field(min_length=1)
    ues: tuple[UeState, ...]

    @model_validator(mode="after")
    def _check(self) -> Self:
        ids = self.cell_ids
        if list(ids) != sorted(set(ids)):
            raise ValueError("cells must be distinct and ascending")
        if any(ue.serving_cell not in ids for ue in self.ues):
            raise ValueError("a UE is served by a cell that the snapshot does not hold")
        return self

    @property
    def cell_ids(self) -> tuple[int, ...]:
        """Identifiers of the cells, ascending."""
        return tuple(c.configuration.cell_id for c in self.cells)

    @property
    def tx_power_mw(self) -> dict[int, int]:
        """ConfiguredMaxTxPower by cell, milliwatts."""
        return {
            c.configuration.cell_id: c.configuration.configured_max_tx_power_mw for c in self.cells
        }

    def cohort(self, cells: Sequence[int]) -> tuple[int, ...]:
        """UEs that ``cells`` serve here, in order of ``ue_id``."""
        return tuple(ue.ue_id for ue in self.ues if ue.serving_cell in cells)

    @classmethod
    def from_reports(
        cls,
        scenario: str,
        scenario_digest: Digest,
        configurations: Sequence[CellConfiguration],
        reports: Sequence[KpmReport],
        taken_at: Instant,
    ) -> Self:
        """Average consecutive reports into a snapshot.

        Raises:
            RanwrightError: ``snapshot.no_reports``, or ``snapshot.mixed_versions`` when the
                configuration changed inside the window.
        """
        if not reports:
            raise RanwrightError(
                "snapshot.no_reports",
                "No KPM report arrived in the window.",
                "Check that the plant is running (ranwright status) and try again.",
            )
        versions = {r.resource_version for r in reports}
        if len(versions) > 1:
            raise RanwrightError(
                "snapshot.mixed_versions",
                f"The configuration changed inside the window (versions {sorted(versions)}).",
                "Take the snapshot again.",
            )
        return cls(
            scenario=scenario,
            scenario_digest=scenario_digest,
            resource_version=versions.pop(),
            taken_at=taken_at,
            window_ms=sum(r.period_ms for r in reports),
            reports=len(reports),
            cells=tuple(
                CellState(configuration=c, measurement=_average_cell(c.cell_id, reports))
                for c in sorted(configurations, key=lambda c: c.cell_id)
            ),
            ues=tuple(
                _average_ue(ue_id, reports) for ue_id in sorted(u.ue_id for u in reports[-1].ues)
            ),
        )


def _average_cell(cell_id: int, reports: Sequence[KpmReport]) -> CellMeasurement:
    rows = [m for r in reports for m in r.cells if m.cell_id == cell_id]
    if not rows:
        raise RanwrightError(
            "snapshot.cell_missing",
            f"No report in the window measures cell {cell_id}.",
            "Check the cell and its KPM subscription.",
        )
    return CellMeasurement(
        cell_id=cell_id,
        ue_throughput_mbps=fmean(m.ue_throughput_mbps for m in rows),
        prb_usage_percent=fmean(m.prb_usage_percent for m in rows),
        connected_ues=fmean(m.connected_ues for m in rows),
        average_power_w=fmean(m.average_power_w for m in rows),
    )


def _average_ue(ue_id: int, reports: Sequence[KpmReport]) -> UeState:
    rows = [m for r in reports for m in r.ues if m.ue_id == ue_id]
    active_ms = sum(m.dl_active_time_ms for m in rows)
    carried = Counter(cell for m in rows for cell in m.rsrp_dbm)
    detected = sorted(
        c for c, n in carried.items() if 2 * n >= len(rows) or c == rows[-1].serving_cell
    )
    return UeState(
        ue_id=ue_id,
        serving_cell=rows[-1].serving_cell,
        throughput_mbps=(
            sum(m.dl_volume_mbit for m in rows) / (active_ms / 1000.0) if active_ms > 0 else None
        ),
        dl_active_time_ms=active_ms,
        sinr_db=fmean(m.sinr_db for m in rows),
        rsrp_dbm={c: fmean(m.rsrp_dbm[c] for m in rows if c in m.rsrp_dbm) for c in detected},
    )
