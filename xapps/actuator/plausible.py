"""Reports that cannot be true: they contradict themselves, the node, or what can be reported.

What passes may still be forged, alike in all its parts; then the forecasts are what it must fit.
"""

from collections.abc import Iterator, Sequence
from statistics import fmean

from contracts.errors import RanwrightError
from contracts.network import KpmReport
from contracts.plant_link import NodeInfo
from xapps.sdk.kpm_rows import RowReport

_LEAST_DBM, _MOST_DBM = -156.0, -31.0
_LEAST_DB, _MOST_DB = -23.0, 40.0
"""Reportable values of TS 38.133, tables 10.1.6.1-1 and 10.1.16.1-1."""
_TOLERANCE_SHARE = 0.01
_TOLERANCE_MBPS = 0.01
"""Between a cell's throughput and that of its UEs, for rounding."""


def require_plausible(reports: Sequence[KpmReport | RowReport], node: NodeInfo) -> None:
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


def _contradictions(report: KpmReport | RowReport, cells: set[int]) -> Iterator[str]:
    measured, ues = [c.cell_id for c in report.cells], [u.ue_id for u in report.ues]
    if len(set(measured)) < len(measured) or not set(measured) <= cells:
        yield "it measures a cell twice, or one that the node does not have"
    if len(set(ues)) < len(ues):
        yield "it measures a UE twice"
    yield from _strange_ues(report, cells)
    rates: dict[int, list[float]] = {}
    for ue in report.ues:
        if active_ms := ue.dl_active_time_ms:
            rates.setdefault(ue.serving_cell, []).append(1000.0 * ue.dl_volume_mbit / active_ms)
    for measurement in report.cells:
        of_ues = fmean(rates.get(measurement.cell_id, (0.0,)))
        allowed = _TOLERANCE_MBPS + _TOLERANCE_SHARE * of_ues
        if abs(measurement.ue_throughput_mbps - of_ues) > allowed:
            yield (
                f"cell {measurement.cell_id} reports {measurement.ue_throughput_mbps:.4g} Mbit/s,"
                f" its UEs {of_ues:.4g} Mbit/s"
            )


def _strange_ues(report: KpmReport | RowReport, cells: set[int]) -> Iterator[str]:
    longest_ms = (1.0 + _TOLERANCE_SHARE) * report.period_ms
    for ue in report.ues:
        cell, heard = ue.serving_cell, ue.rsrp_dbm
        if cell not in cells or cell not in heard:
            yield f"UE {ue.ue_id} is served by a cell that it does not measure"
        if ue.dl_active_time_ms > longest_ms:
            yield f"UE {ue.ue_id} was active for longer than the period"
        if not all([_LEAST_DBM <= r <= _MOST_DBM for r in heard.values()]):
            yield f"an RSRP of UE {ue.ue_id} is none that can be reported"
        if not _LEAST_DB <= ue.sinr_db <= _MOST_DB:
            yield f"the SINR of UE {ue.ue_id} is none that can be reported"
