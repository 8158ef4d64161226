"""Proof: paired roll-outs of every stage, the bound on a miss, the forecast of the effect."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from agents.verifier.bound import (
    attempt_confidence,
    miss_probability_bound,
    rollout_bound,
    undecided,
)
from agents.verifier.forecast import (
    FIRST_LOOK,
    Expectation,
    Reach,
    foretell,
)
from agents.verifier.gap import Gap, require_known
from agents.verifier.papers import Papers
from agents.verifier.stages import Changes, fallback, stage_changes
from agents.verifier.tally import Tally
from contracts.errors import RanwrightError
from contracts.requirement import RatioBound
from contracts.stages import EffectForecast
from contracts.verdict import Check, GapEvidence, KpiInterval, RequirementEvidence, RolloutBound
from twins.conformal import scores_needed
from twins.kpis import missed
from twins.rollout import Twin

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Proof:
    """What the roll-outs say; nothing where none were run."""

    checks: tuple[Check, ...] = ()
    evidence: tuple[RequirementEvidence, ...] = ()
    intervals: tuple[KpiInterval, ...] = ()
    bound: RolloutBound | None = None
    gap: GapEvidence | None = None
    forecast: EffectForecast | None = None


@dataclass(frozen=True)
class Course:
    """The stages of a plan, and how long each is watched."""

    changes: tuple[Changes, ...]
    windows_ms: tuple[int, ...]

    @classmethod
    def of(cls, papers: Papers) -> "Course":
        """As the policy says.

        Raises:
            RanwrightError: ``policy.stage_step``.
        """
        rules, watch_ms = papers.policy.stages, papers.policy.certificate.watch_window_ms
        grid_mw = papers.scenario.equipment.grid_mw()
        changes = stage_changes(papers.plan, papers.snapshot, rules, grid_mw)
        return cls(changes, (rules.window_ms,) * (len(changes) - 1) + (watch_ms,))

    @property
    def powers(self) -> list[tuple[dict[int, int], int]]:
        """Powers and window of each stage, as a twin takes them."""
        powers = [{c.cell_id: c.to_mw for c in stage} for stage in self.changes]
        return list(zip(powers, self.windows_ms, strict=True))


def prove(papers: Papers, seed: int, on_progress: Progress | None) -> Proof:
    """Roll out until the plan is proven, cannot be proven any more, or the policy's limit.

    A plant that the twin does not know is not rolled out.

    Raises:
        RanwrightError: ``policy.cannot_prove``, ``policy.stage_step``, ``gap.unknown``, or what
            the twin refuses.
    """
    _require_provable(papers)
    course, twin = Course.of(papers), Twin(papers.scenario, papers.snapshot)
    checks: list[Check] = []
    rules, gap = papers.policy.forecast, None
    if rules.limited is not None and papers.gap is not None:
        gap = Gap.of(papers.gap, twin.discrepancy(seed), rules.false_alarm_probability)
        checks = gap.checks(rules.limited)
    evidence = gap.evidence if gap else None
    if not all(c.passed for c in checks):
        return Proof(tuple(checks), gap=evidence)
    tally = _roll_out(papers, twin, course, seed, on_progress)
    bound = rollout_bound(tally.missed, tally.rollouts, papers.policy.verification)
    checks.append(_bound_check(bound, tally.evidence))
    proof = Proof(tuple(checks), tally.evidence, tally.intervals, bound, evidence)
    if not checks[-1].passed:
        return proof
    expectation = Expectation.of(tally.after, papers)
    alarms = rules.false_alarm_probability
    allowed = gap.reach if gap else Reach.of_rollouts(expectation, tally.after, alarms)
    return replace(
        proof,
        checks=(*checks, _fallback_check(papers, twin, seed)),
        forecast=foretell(papers, course.changes, course.windows_ms, expectation, allowed),
    )


def _require_provable(papers: Papers) -> None:
    limits = papers.policy.verification
    if not undecided(0, 0, limits) or _needed(papers) > limits.rollouts:
        raise RanwrightError(
            "policy.cannot_prove",
            f"Even without a miss, {limits.rollouts} roll-outs prove nothing at this confidence,"
            " or are too few to foretell the effect.",
            "Raise verification.rollouts, or lower confidence or max_attempts.",
        )
    require_known(papers.gap, papers.scenario, papers.policy)


def _needed(papers: Papers) -> int:
    """Roll-outs that the forecasts need."""
    rules = papers.policy.forecast
    later = 0 if rules.limited is not None else scores_needed(rules.false_alarm_probability)
    return FIRST_LOOK + later


def _roll_out(
    papers: Papers, twin: Twin, course: Course, seed: int, on_progress: Progress | None
) -> Tally:
    limits, tally = papers.policy.verification, Tally(papers)
    while (
        not tally.rollouts
        or undecided(tally.missed, tally.rollouts, limits)
        or _unforetold(papers, tally)
    ):
        done = tally.rollouts
        stages = twin.roll_out_stages(
            course.powers,
            rollouts=min(FIRST_LOOK, limits.rollouts - done),
            first=done,
            seed=seed,
            window_ms=papers.policy.certificate.watch_window_ms,
            on_progress=partial(_tell, on_progress, done, limits.rollouts),
        )
        tally.add(stages)
    return tally


def _unforetold(papers: Papers, tally: Tally) -> bool:
    """Whether the plan is proven on fewer roll-outs than its forecasts need."""
    needed = attempt_confidence(papers.policy.verification)
    allowed = papers.policy.verification.max_miss_probability
    proven = miss_probability_bound(tally.missed, tally.rollouts, needed) <= allowed
    return proven and tally.rollouts < _needed(papers)


def _tell(on_progress: Progress | None, before: int, most: int, done: int, _of: int) -> None:
    if on_progress is not None:
        on_progress(before + done, most)


def _bound_check(bound: RolloutBound, evidence: tuple[RequirementEvidence, ...]) -> Check:
    passed = bound.probability_bound <= bound.allowed_probability
    worst = max(evidence, key=lambda e: e.missed_rollouts)
    reason = (
        f"{bound.missed_rollouts} of {bound.rollouts} roll-outs miss; with {bound.confidence:.1%} "
        f"confidence P(miss) <= {bound.probability_bound:.2%}, "
        f"{bound.allowed_probability:.2%} allowed"
    )
    if not passed:
        reason += f"; most often {worst.requirement.requirement.describe()}"
    return Check(name="twin.rollouts", passed=passed, reason=reason)


def _fallback_check(papers: Papers, twin: Twin, seed: int) -> Check:
    """The powers of last resort keep the policy's absolute ratios: coverage above all."""
    rails = [
        s.requirement
        for s in papers.problem.requirements
        if s.origin != "intent" and isinstance(s.requirement.bound, RatioBound)
    ]
    paired = twin.roll_out(
        {c.cell_id: c.to_mw for c in fallback(papers.plan, papers.policy.stages)},
        FIRST_LOOK,
        seed,
        papers.policy.stages.window_ms,
    )
    broken = [
        r.describe()
        for r in rails
        if missed(r, papers.snapshot, paired, papers.problem.thresholds).any()
    ]
    return Check(
        name="twin.fallback",
        passed=not broken,
        reason=f"at the powers of last resort: {'; '.join(broken)} is missed"
        if broken
        else f"the powers of last resort keep {len(rails)} absolute guard-rails",
    )
