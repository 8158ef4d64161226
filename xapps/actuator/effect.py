"""The effect: what the KPIs say after the control, against what the certificate promises."""

from dataclasses import dataclass

from contracts.certificate import Certificate
from contracts.clock import Clock
from contracts.errors import RanwrightError
from contracts.measure import margin_of
from contracts.network import KpmReport, NetworkSnapshot
from contracts.plant_link import ControlAck
from xapps.actuator.plant import Plant
from xapps.actuator.progress import Progress
from xapps.actuator.way_back import applied
from xapps.actuator.window import Window


@dataclass(frozen=True)
class Effect:
    """Whether every requirement was measured to hold, and what was measured."""

    confirmed: bool
    code: str
    reason: str
    measured: NetworkSnapshot | None = None


def watch_effect(
    certificate: Certificate, ack: ControlAck, plant: Plant, clock: Clock, progress: Progress
) -> Effect:
    """Let the network settle, measure one window, judge it. Silence and lateness are failures."""
    timing = certificate.watch.timing
    window = Window(
        plant,
        timing.watch_window_ms,
        timing.silence_timeout_s,
        ack.kpm_time_ms + timing.effect_deadline_ms,
        progress,
    )
    progress("settling", ack.kpm_time_ms)
    try:
        reports = window.collect(ack.kpm_time_ms + timing.settle_ms, ack.kpm_time_ms)
        measured = _snapshot(certificate, ack, plant, clock, reports)
        return _judge(certificate, measured)
    except RanwrightError as error:
        code = error.code if error.code.startswith("effect.") else "effect.unmeasurable"
        return Effect(confirmed=False, code=code, reason=error.message)


def _snapshot(
    certificate: Certificate,
    ack: ControlAck,
    plant: Plant,
    clock: Clock,
    reports: list[KpmReport],
) -> NetworkSnapshot:
    node = plant.read_back()
    versions = {ack.resource_version, node.resource_version, *(r.resource_version for r in reports)}
    if len(versions) > 1 or not applied(node, certificate.plan.changes):
        raise RanwrightError(
            "effect.configuration_differs",
            f"The configuration moved during the watch (versions {sorted(versions)}).",
            "Find out who else changes it.",
        )
    return NetworkSnapshot.from_reports(
        node.scenario, node.scenario_digest, node.cells, reports, clock.now()
    )


def _judge(certificate: Certificate, measured: NetworkSnapshot) -> Effect:
    missed = []
    for sourced in certificate.watch.requirements:
        margin = margin_of(
            sourced.requirement, certificate.baseline, measured, certificate.watch.thresholds
        )
        if margin < 0:
            requirement = sourced.requirement.describe()
            missed.append(f"{requirement} ({sourced.origin}) by {-margin:.3g}")
    if missed:
        return Effect(
            confirmed=False,
            code="effect.requirement_missed",
            reason=f"Missed: {'; '.join(missed)}.",
            measured=measured,
        )
    return Effect(
        confirmed=True,
        code="effect.confirmed",
        reason=f"All {len(certificate.watch.requirements)} requirements hold as measured.",
        measured=measured,
    )
