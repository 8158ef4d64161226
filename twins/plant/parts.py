"""Reports of periods that are no whole number of steps: parts of steps, put together.

Traffic, fading and shares are constant within a step of the flow level, so a part of a step has
that part of its volume and of its active time. Radio readings are those of the last step: a report
every 10 ms shows ten times the same RSRP, error included. (A real UE renews one every 200 ms, TS
38.133 Table 9.2.5.2-1.) What bursts shorter than a step do is not simulated here.
"""

from collections.abc import Callable, Sequence

from contracts.network import CellMeasurement, KpmReport, UeMeasurement
from twins.flow import STEP_MS

Parts = Sequence[tuple[KpmReport, float]]
"""Steps, and how much of each belongs to the period."""


def report_of_parts(
    of_step: Callable[[int], KpmReport], start_ms: int, period_ms: int
) -> KpmReport:
    """What is measured in ``(start_ms, start_ms + period_ms]``.

    Args:
        of_step: the report of the step that begins at a KPM time.
        start_ms: begin of the period, KPM time.
        period_ms: its length.
    """
    end_ms = start_ms + period_ms
    first_ms = start_ms // STEP_MS * STEP_MS
    steps = [(at, of_step(at)) for at in range(first_ms, end_ms, STEP_MS)]
    parts = [
        (report, (min(at + STEP_MS, end_ms) - max(at, start_ms)) / STEP_MS) for at, report in steps
    ]
    last = parts[-1][0]
    ues = tuple(_ue(number, parts) for number in range(len(last.ues)))
    return KpmReport(
        kpm_time_ms=end_ms,
        period_ms=period_ms,
        resource_version=last.resource_version,
        cells=tuple(_cell(number, parts, ues) for number in range(len(last.cells))),
        ues=ues,
    )


def _ue(number: int, parts: Parts) -> UeMeasurement:
    return (
        parts[-1][0]
        .ues[number]
        .model_copy(
            update={
                "dl_volume_mbit": sum(r.ues[number].dl_volume_mbit * part for r, part in parts),
                "dl_active_time_ms": sum(
                    r.ues[number].dl_active_time_ms * part for r, part in parts
                ),
            }
        )
    )


def _cell(number: int, parts: Parts, ues: Sequence[UeMeasurement]) -> CellMeasurement:
    last = parts[-1][0].cells[number]
    rates = [
        1000.0 * ue.dl_volume_mbit / ue.dl_active_time_ms
        for ue in ues
        if ue.serving_cell == last.cell_id and ue.dl_active_time_ms > 0
    ]
    whole = sum(part for _, part in parts)

    def mean(name: str) -> float:
        return float(sum(getattr(r.cells[number], name) * part for r, part in parts) / whole)

    return last.model_copy(
        update={
            "ue_throughput_mbps": round(sum(rates) / len(rates), 6) if rates else 0.0,
            "prb_usage_percent": mean("prb_usage_percent"),
            "average_power_w": mean("average_power_w"),
        }
    )
