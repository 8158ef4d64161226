"""Preconditions on fresh KPIs: the network still is what the plan was made for.

The drift rule (docs/decisions/0002-actuator.md): for each watched requirement, the KPI now must lie
within 30 % of the KPI in the baseline, or within a floor below which a share says nothing.
"""

from collections.abc import Mapping

from contracts.certificate import Certificate
from contracts.clock import Clock
from contracts.errors import RanwrightError
from contracts.kpi import CATALOGUE, Kpi, KpiUnit
from contracts.measure import measure_kpi
from contracts.network import NetworkSnapshot
from contracts.plant_link import NodeInfo
from xapps.actuator.plant import Plant
from xapps.actuator.plausible import require_plausible
from xapps.actuator.progress import Progress
from xapps.actuator.window import Window

DRIFT_SHARE = 0.30
"""Largest change of a KPI between baseline and now, as a share of the baseline."""

DRIFT_FLOOR: Mapping[KpiUnit, float] = {"mbps": 0.5, "w": 0.5, "percent": 10.0}
"""Changes up to this much, in the KPI's unit, never count as drift."""


def fresh_kpis(
    certificate: Certificate, node: NodeInfo, plant: Plant, clock: Clock, progress: Progress
) -> None:
    """Measure the network now and compare it with the baseline.

    Raises:
        RanwrightError: ``precondition.silence``, ``precondition.ue_lost``,
            ``precondition.unmeasurable`` or ``precondition.drift``.
    """
    timing = certificate.watch.timing
    window_ms = min(certificate.baseline.window_ms, timing.watch_window_ms)
    window = Window(plant, node, window_ms, timing.silence_timeout_s, None, progress)
    try:
        reports = window.collect(node.kpm_time_ms, node.kpm_time_ms)
        require_plausible(reports, node)
        present = NetworkSnapshot.from_reports(
            node.scenario, node.scenario_digest, node.cells, reports, clock.now()
        )
        _require_cohort(certificate, present)
        watched = [(r.requirement.kpi, r.requirement.cells) for r in certificate.watch.requirements]
        for kpi, cells in dict.fromkeys(watched):
            _require_no_drift(kpi, cells, certificate, present)
    except RanwrightError as error:
        if error.code.startswith("precondition."):
            raise
        cause = "silence" if error.code == "effect.silence" else "unmeasurable"
        raise RanwrightError(f"precondition.{cause}", error.message, error.remedy) from error


def _require_cohort(certificate: Certificate, present: NetworkSnapshot) -> None:
    here = {u.ue_id for u in present.ues}
    watched = {c for r in certificate.watch.requirements for c in r.requirement.cells}
    gone = [u for u in certificate.baseline.cohort(sorted(watched)) if u not in here]
    if gone:
        raise RanwrightError(
            "precondition.ue_lost",
            f"UEs {gone} of the baseline are no longer reported.",
            "Take a fresh snapshot and plan again.",
        )


def _require_no_drift(
    kpi: Kpi, cells: tuple[int, ...], certificate: Certificate, present: NetworkSnapshot
) -> None:
    baseline, thresholds = certificate.baseline, certificate.watch.thresholds
    planned_on = measure_kpi(kpi, cells, baseline, baseline, thresholds)
    now = measure_kpi(kpi, cells, baseline, present, thresholds)
    unit = CATALOGUE[kpi].unit
    allowed = max(DRIFT_SHARE * abs(planned_on), DRIFT_FLOOR[unit])
    if abs(now - planned_on) > allowed:
        raise RanwrightError(
            "precondition.drift",
            f"{kpi} of cells {list(cells)} was {planned_on:.3g} {unit} when planned and is"
            f" {now:.3g} {unit} now; {allowed:.3g} is the most it may move.",
            "Take a fresh snapshot and plan again.",
        )
