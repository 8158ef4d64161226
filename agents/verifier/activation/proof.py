"""Proof: roll out the corners of an envelope and random settings inside, and bound a miss."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from agents.verifier.activation.box import Box, Path
from agents.verifier.activation.papers import ActivationPapers
from agents.verifier.activation.tally import Look, PromiseTally, Reading
from agents.verifier.bound import hopeless, rollout_bound, undecided
from agents.verifier.forecast import FIRST_LOOK
from agents.verifier.gap import Gap, require_known
from contracts.errors import RanwrightError
from contracts.policy import VerificationLimits
from contracts.verdict import (
    Check,
    EnvelopeEvidence,
    GapEvidence,
    KpiInterval,
    RequirementEvidence,
    RolloutBound,
)
from twins.flow import STEP_MS
from twins.kpis import PairedRollouts
from twins.rollout import Twin

Progress = Callable[[int, int], None]
"""Called with the roll-outs done and their number at most, over all settings."""

_SHARE_POINTS = 16
"""Roll-outs that share random settings."""
_INTERVAL_MISS_PROBABILITY = 0.1
"""Of the roll-outs' intervals; stretched, they miss so many of the plants compared with."""


@dataclass(frozen=True)
class EnvelopeProof:
    """What the roll-outs say; nothing where none were run."""

    checks: tuple[Check, ...] = ()
    evidence: tuple[RequirementEvidence, ...] = ()
    intervals: tuple[KpiInterval, ...] = ()
    bound: RolloutBound | None = None
    gap: GapEvidence | None = None
    envelope: EnvelopeEvidence | None = None


def prove(
    papers: ActivationPapers, box: Box, seed: int, on_progress: Progress | None
) -> EnvelopeProof:
    """Roll out until the envelope is proven, cannot be proven any more, or the policy's limit.

    A plant that the twin does not know is not rolled out.

    Raises:
        RanwrightError: ``policy.cannot_prove``, ``gap.unknown``, or what the twin refuses.
    """
    limits = limits_of(papers)
    require_known(papers.gap, papers.scenario, papers.policy)
    twin = Twin(papers.scenario, papers.snapshot)
    checks, evidence, stretch_factor = known_gap(papers, twin, seed)
    if not all(c.passed for c in checks):
        return EnvelopeProof(tuple(checks), gap=evidence)
    settings = _Settings(papers, box, twin, seed, on_progress)
    tally = _roll_out(papers, settings, limits, stretch_factor)
    bound = rollout_bound(tally.missed, tally.rollouts, limits)
    bound = bound.model_copy(update={"conditional_on": _condition(papers, bound, stretch_factor)})
    return EnvelopeProof(
        checks=(*checks, _bound_check(bound, tally.evidence)),
        evidence=tally.evidence,
        intervals=tally.intervals,
        bound=bound,
        gap=evidence,
        envelope=EnvelopeEvidence(
            corners=len(settings.corners),
            interior_points=settings.points_drawn,
            interior_missed_rollouts=tally.interior_missed,
            interior_outside=tally.interior_outside,
            stretch_factor=stretch_factor,
        ),
    )


def limits_of(papers: ActivationPapers) -> VerificationLimits:
    """How sure it must be, with the roll-outs that an activation may cost.

    Raises:
        RanwrightError: ``policy.cannot_prove``.
    """
    most = papers.policy.activation.rollouts
    limits = papers.policy.verification.model_copy(update={"rollouts": most})
    if not undecided(0, 0, limits):
        raise RanwrightError(
            "policy.cannot_prove",
            f"Even without a miss, {most} roll-outs prove nothing at this confidence.",
            "Raise activation.rollouts, or lower confidence or max_attempts.",
        )
    return limits


class _Settings:
    """All settings of an envelope, rolled out on the same networks."""

    def __init__(
        self,
        papers: ActivationPapers,
        box: Box,
        twin: Twin,
        seed: int,
        on_progress: Progress | None,
    ) -> None:
        self.corners = box.corners()
        self.points_drawn = 0
        rules = papers.policy.activation
        self._points = math.ceil(rules.interior_points * _SHARE_POINTS / FIRST_LOOK)
        self._box, self._grid_mw = box, papers.scenario.equipment.grid_mw()
        self._reading = Reading(papers, box)
        self._window_ms, self._most = rules.watch_window_ms, rules.rollouts
        self._twin, self._seed, self._on_progress = twin, seed, on_progress
        self._done = 0

    def at_corners(self, first: int, rollouts: int) -> Tensor:
        """[N, R] each promise's KPI at the worst of the corners, in some of the roll-outs."""
        return self._reading.worst(self._run(self.corners, first, rollouts))

    def inside(self, first: int, rollouts: int) -> Tensor:
        """[N, P, R] each promise's KPI at random settings; a few roll-outs each have their own."""
        looks = []
        for start in range(first, first + rollouts, _SHARE_POINTS):
            points = self._box.interior(self._points, f"{self._seed}:{start}", self._grid_mw)
            self.points_drawn += len(points)
            few = min(_SHARE_POINTS, first + rollouts - start)
            looks.append(self._reading.each(self._run(points, start, few)))
        return torch.cat(looks)

    def _run(self, paths: Sequence[Path], first: int, rollouts: int) -> list[PairedRollouts]:
        return [self._roll_out(path, first, rollouts) for path in paths]

    def _roll_out(self, path: Path, first: int, rollouts: int) -> PairedRollouts:
        stages = [(path.come_from_mw, STEP_MS), (path.setting_mw, self._window_ms)]
        paired = self._twin.roll_out_stages(stages, rollouts, self._seed, STEP_MS, first=first)
        self._done += rollouts
        if self._on_progress is not None:
            most = (self._most + FIRST_LOOK) * (len(self.corners) + self._points)
            self._on_progress(self._done, most)
        return paired[-1]


def _roll_out(
    papers: ActivationPapers,
    settings: _Settings,
    limits: VerificationLimits,
    stretch_factor: float,
) -> PromiseTally:
    """Where KPIs are stretched, the first roll-outs say from where, and are not counted.

    Where the corners leave no hope, no other setting is rolled out.
    """
    stretched = stretch_factor > 1.0
    centre = settings.at_corners(0, FIRST_LOOK).nanmedian(0).values if stretched else None
    tally = PromiseTally(papers.plan.promises, centre, stretch_factor)
    before = FIRST_LOOK if stretched else 0
    while not tally.rollouts or undecided(tally.missed, tally.rollouts, limits):
        rollouts = min(FIRST_LOOK, limits.rollouts - tally.rollouts)
        first = before + tally.rollouts
        look = Look(settings.at_corners(first, rollouts))
        if not hopeless(tally.missed_with(look), tally.rollouts + rollouts, limits):
            look = Look(look.corner, settings.inside(first, rollouts))
        tally.add(look)
    return tally


def known_gap(
    papers: ActivationPapers, twin: Twin, seed: int
) -> tuple[list[Check], GapEvidence | None, float]:
    """Whether the twin knows this plant, and by what its spread falls short of plants'."""
    rules = papers.policy.forecast
    if rules.limited is None or papers.gap is None:
        return [], None, 1.0
    present = twin.discrepancy(seed)
    gap = Gap.of(papers.gap, present, rules.false_alarm_probability)
    stretch_factor = Gap.of(papers.gap, present, _INTERVAL_MISS_PROBABILITY).reach.half_widths
    checks = gap.checks(rules.limited)
    if not math.isfinite(stretch_factor):
        checks.append(Check(name="gap.outcomes", passed=False, reason="too few plants compared"))
    return checks, gap.evidence, max(1.0, stretch_factor)


def _condition(papers: ActivationPapers, bound: RolloutBound, stretch_factor: float) -> str:
    parts = [
        bound.conditional_on,
        f"this being said of any one window of {papers.policy.activation.watch_window_ms} ms, not"
        " of all windows together",
        "no setting being worse for a UE than all corners, which hold exactly without handovers"
        " and changes of load (the random settings are there to contradict it)",
        "the network being near the settings that it comes from: of the past, the roll-outs know"
        " one setting",
    ]
    if stretch_factor > 1.0:
        parts.append(
            f"KPIs lying {stretch_factor:.2f} times as far from their median as the roll-outs'"
            " do, as on the plants that the twin was compared with"
        )
    return ", ".join(parts)


def _bound_check(bound: RolloutBound, evidence: Sequence[RequirementEvidence]) -> Check:
    passed = bound.probability_bound <= bound.allowed_probability
    worst = max(evidence, key=lambda e: e.missed_rollouts)
    reason = (
        f"{bound.missed_rollouts} of {bound.rollouts} roll-outs miss at the worst; with"
        f" {bound.confidence:.1%} confidence P(miss) <= {bound.probability_bound:.2%},"
        f" {bound.allowed_probability:.2%} allowed"
    )
    if not passed:
        reason += f"; most often {worst.requirement.requirement.describe()}"
    return Check(name="twin.envelope", passed=passed, reason=reason)
