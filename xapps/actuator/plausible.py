"""Reports that cannot be true: they contradict themselves, the node, or what can be reported.

What passes may still be forged, alike in all its parts; then the forecasts are what it must fit.
"""

from collections.abc import Iterator, Sequence

from contracts.errors import RanwrightError
from contracts.network import KpmReport, UeMeasurement
from contracts.plant_link import NodeInfo

_RSRP_DBM = (-156.0, -31.0)
_SINR_DB = (-23.0, 40.0)
"""Reportable values of TS 38.133, tables 10.1.6.1-1 and 10.1.16.1-1."""
_TOLERANCE_SHARE = 0.01
_TOLERANCE_MBPS = 0.01
"""Between a cell's throughput and that of its UEs, for rounding."""


def require_plausible(reports: Sequence[KpmReport], node: NodeInfo) -> None:
    """Refuse a window in which any report cannot be true.

    Raises:
        RanwrightError: ``effect.implausible``.
    """
    cells = {c.cell_id for c in node.cells}
    for report in reports:
        for why in _contradictions(report, cells):
            raise implausible(f"the report of {report.kpm_time_ms} ms: {why}")


def implausible(why: str) -> RanwrightError:
    """The failure of reports that cannot be true."""
    return RanwrightError(
        "effect.implausible",
        f"What is reported cannot be true: {why}.",
        "Find out who or what makes these reports; nothing is judged by them.",
    )


def _contradictions(report: KpmReport, cells: set[int]) -> Iterator[str]:
    measured, ues = [c.cell_id for c in report.cells], [u.ue_id for u in report.ues]
    if len(set(measured)) < len(measured) or not set(measured) <= cells:
        yield "it measures a cell twice, or one that the node does not have"
    if len(set(ues)) < len(ues):
        yield "it measures a UE twice"
    for ue in report.ues:
        if ue.serving_cell not in cells or ue.serving_cell not in ue.rsrp_dbm:
            yield f"UE {ue.ue_id} is served by a cell that it does not measure"
        if ue.dl_active_time_ms > (1.0 + _TOLERANCE_SHARE) * report.period_ms:
            yield f"UE {ue.ue_id} was active for longer than the period"
        readings = [*ue.rsrp_dbm.values()]
        if not all(_RSRP_DBM[0] <= r <= _RSRP_DBM[1] for r in readings):
            yield f"an RSRP of UE {ue.ue_id} is none that can be reported"
        if not _SINR_DB[0] <= ue.sinr_db <= _SINR_DB[1]:
            yield f"the SINR of UE {ue.ue_id} is none that can be reported"
    for cell in report.cells:
        rates = [_rate_mbps(u) for u in report.ues if u.serving_cell == cell.cell_id]
        active = [r for r in rates if r is not None]
        of_ues = sum(active) / len(active) if active else 0.0
        allowed = _TOLERANCE_MBPS + _TOLERANCE_SHARE * of_ues
        if abs(cell.ue_throughput_mbps - of_ues) > allowed:
            yield (
                f"cell {cell.cell_id} reports {cell.ue_throughput_mbps:.4g} Mbit/s, its UEs"
                f" {of_ues:.4g} Mbit/s"
            )


def _rate_mbps(ue: UeMeasurement) -> float | None:
    return 1000.0 * ue.dl_volume_mbit / ue.dl_active_time_ms if ue.dl_active_time_ms else None
