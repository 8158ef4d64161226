"""The effect: what the KPIs say after a stage, against what the certificate promises.

Every stage must show its forecasts. The last one must keep every requirement too, the stages before
it the absolute ratios, such as coverage: that is what the verifier has proven of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from contracts.certificate import Certificate
from contracts.clock import Clock
from contracts.errors import RanwrightError
from contracts.kpi import CATALOGUE
from contracts.measure import margin_of, measure_kpi
from contracts.network import NetworkSnapshot
from contracts.plant_link import ControlAck, NodeInfo
from contracts.requirement import RatioBound, format_cells
from xapps.actuator.course import powers_after, powers_of, stages_of
from xapps.actuator.plant import Plant
from xapps.actuator.plausible import require_plausible
from xapps.actuator.progress import Progress
from xapps.actuator.window import Window


@dataclass(frozen=True)
class Effect:
    """What was measured, and the verdict on it; ``node`` stands where it is as promised."""

    code: str
    reason: str
    measured: NetworkSnapshot | None = None
    node: NodeInfo | None = None


def watch_effect(
    certificate: Certificate,
    stage: int,
    ack: ControlAck,
    found: NodeInfo,
    plant: Plant,
    clock: Clock,
    progress: Progress,
) -> Effect:
    """Let the network settle, measure one window, judge it. Silence and lateness are failures.

    Args:
        certificate: holds stages, requirements and timing.
        stage: number of the stage, from 1.
        ack: of its control; the deadline counts from there.
        found: the plant as it was read back after that.
        plant: sends the reports.
        clock: dates the measurement.
        progress: hears of every report.
    """
    timing = certificate.watch.timing
    window = Window(
        plant,
        found,
        stages_of(certificate)[stage - 1].window_ms,
        timing.silence_timeout_s,
        ack.kpm_time_ms + timing.effect_deadline_ms,
        progress,
    )
    progress("settling", ack.kpm_time_ms)
    try:
        reports = window.collect(ack.kpm_time_ms + timing.settle_ms, ack.kpm_time_ms)
        node = plant.read_back()
        versions = {ack.resource_version, node.resource_version}
        versions |= {r.resource_version for r in reports}
        if len(versions) > 1 or powers_of(node) != powers_after(certificate, stage):
            raise RanwrightError(
                "effect.configuration_differs",
                f"The configuration moved during the watch (versions {sorted(versions)}).",
                "Find out who else changes it.",
            )
        require_plausible(reports, node)
        measured = NetworkSnapshot.from_reports(
            node.scenario, node.scenario_digest, node.cells, reports, clock.now()
        )
        return _judge(certificate, stage, measured, node)
    except RanwrightError as error:
        code = error.code if error.code.startswith("effect.") else "effect.unmeasurable"
        return Effect(code, error.message)


def _judge(
    certificate: Certificate, stage: int, measured: NetworkSnapshot, node: NodeInfo
) -> Effect:
    if missed := list(_missed(certificate, stage, measured)):
        return Effect("effect.requirement_missed", f"Missed: {'; '.join(missed)}.", measured)
    if unforeseen := list(_unforeseen(certificate, stage, measured)):
        rate = certificate.watch.forecast.false_alarm_probability
        return Effect(
            "effect.unforeseen",
            f"Not as foreseen: {'; '.join(unforeseen)}. With nothing wrong, this comes in at most"
            f" {rate:.1%} of actions.",
            measured,
        )
    holds = f"All {len(certificate.watch.requirements)} requirements hold as measured."
    return Effect("effect.confirmed", holds, measured, node)


def _missed(certificate: Certificate, stage: int, measured: NetworkSnapshot) -> Iterator[str]:
    watch, is_last = certificate.watch, stage == len(stages_of(certificate))
    for sourced in watch.requirements:
        requirement = sourced.requirement
        if is_last or isinstance(requirement.bound, RatioBound):
            margin = margin_of(requirement, certificate.baseline, measured, watch.thresholds)
            if not margin >= 0:
                yield f"{requirement.describe()} ({sourced.origin}) by {-margin:.3g}"


def _unforeseen(certificate: Certificate, stage: int, measured: NetworkSnapshot) -> Iterator[str]:
    for f in stages_of(certificate)[stage - 1].forecasts:
        value = measure_kpi(
            f.kpi, f.cells, certificate.baseline, measured, certificate.watch.thresholds
        )
        if not f.low <= value <= f.high:
            known = CATALOGUE[f.kpi]
            yield (
                f"{known.label} of cells {format_cells(f.cells)} is {value:.4g} {known.unit},"
                f" foreseen {f.low:.4g} to {f.high:.4g}"
            )
