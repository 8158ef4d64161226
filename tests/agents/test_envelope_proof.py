"""Envelopes on the real twin: proven, too wide, and an adversary who may set anything inside."""

from io import StringIO

import pytest
import torch
from rich.console import Console

from agents.cli.render_activation import activation_panel
from agents.service.activations import ActivationOutcome
from agents.verifier.activation.box import Box
from agents.verifier.activation.papers import ActivationPapers
from agents.verifier.activation.proof import limits_of
from agents.verifier.activation.tally import Reading
from agents.verifier.activation.verify import verify_activation
from agents.verifier.bound import miss_probability_bound
from contracts.errors import RanwrightError
from contracts.kpi import Kpi
from contracts.verdict import Verdict
from tests.agents.moving import SCENARIO, WINDOW_MS, Acted, acted
from twins.rollout import Twin


@pytest.fixture(scope="module")
def after() -> Acted:
    """Cell 1 is one step lower; it promised at least three quarters of its mean throughput."""
    return acted(-25.0)


@pytest.fixture(scope="module")
def papers(after) -> ActivationPapers:
    return after.papers(0.5)


@pytest.fixture(scope="module")
def heard() -> list[tuple[int, int]]:
    return []


@pytest.fixture(scope="module")
def proven(papers, heard) -> Verdict:
    return verify_activation(papers, 1, lambda done, of: heard.append((done, of)))


def test_an_envelope_is_proven_at_its_corners(papers, proven, heard) -> None:
    assert proven.passed, proven.reasons
    assert proven.bound is not None
    assert proven.envelope is not None
    assert proven.forecast is None
    assert (proven.bound.rollouts, proven.bound.missed_rollouts) == (112, 0)
    assert proven.bound.probability_bound <= proven.bound.allowed_probability == 0.05
    assert proven.envelope.corners == 2 + len(papers.plan.envelope)
    assert proven.envelope.interior_points >= 2 * papers.policy.activation.interior_points
    assert proven.envelope.stretch_factor == 1.0
    assert proven.problem_digest == papers.certificate.digest
    assert [e.requirement.requirement for e in proven.evidence] == [
        p.requirement for p in papers.plan.promises
    ]
    assert heard == sorted(heard)
    assert heard[-1][0] <= heard[-1][1]
    for said in ("any one window of 4000 ms", "without handovers", "random settings"):
        assert said in proven.bound.conditional_on


def test_the_worst_that_is_foreseen_is_worse_than_what_is(after, proven) -> None:
    """Down with cell 1 and up with cell 2 costs the UEs of cell 1 what the interval says."""
    worst = proven.intervals[0]
    assert worst.kpi is Kpi.UE_THP_DL_MEAN
    twin = Twin(SCENARIO, after.now)
    present = twin.roll_out({}, 56, 99, WINDOW_MS).after
    cohort = [i for i, ue in enumerate(after.now.ues) if ue.ue_id in after.now.cohort((1,))]
    mean = present.throughput_mbps[:, cohort].nanmean(-1).median()
    assert worst.after_median < float(mean)


def test_too_wide_an_envelope_is_refused_with_what_it_breaks() -> None:
    papers = acted(-12.0).papers(2.0)
    wide = verify_activation(papers, 1)
    assert not wide.passed
    assert verify_activation(papers, 1) == wide
    assert wide.seed != verify_activation(papers, 2).seed
    (reason,) = wide.reasons
    assert reason.startswith("twin.envelope")
    assert "mean throughput of cell 1" in reason
    assert wide.bound is not None
    assert wide.bound.rollouts == 56
    assert wide.envelope is not None
    assert wide.envelope.interior_points == 0  # the corners said enough


def worst_median_mbps(papers: ActivationPapers, rollouts: int) -> float:
    """Of what cell 1's mean throughput comes to at the corners."""
    box, twin = Box.of(papers.plan, papers.beside), Twin(papers.scenario, papers.snapshot)
    stages = [[(p.come_from_mw, 100), (p.setting_mw, WINDOW_MS)] for p in box.corners()]
    corners = [twin.roll_out_stages(s, rollouts, 11, 100)[-1] for s in stages]
    return float(Reading(papers, box).worst(corners)[:, 0].median())


def test_what_moves_beside_costs_a_promise_more(after, papers) -> None:
    """That is an implicit conflict: two envelopes, each fine alone, that are not fine together."""
    first, second = papers.plan.envelope
    alone = papers.plan.model_copy(update={"envelope": (first,)})
    other = after.activation(papers.plan.model_copy(update={"envelope": (second,)}))
    beside = alone.model_copy(update={"beside": (other.activation_id,)})
    single = worst_median_mbps(after.papers_of(alone), 16)
    together = worst_median_mbps(after.papers_of(beside, beside=(other,)), 16)
    assert together < single
    # the proof of both is that of one envelope over the cells of both
    assert together == worst_median_mbps(papers, 16)


def test_people_see_how_far_and_what_is_kept(papers, proven) -> None:
    outcome = ActivationOutcome(
        trace_id="trace",
        status="live",
        code="activation.live",
        reason="It may move.",
        activation_id="a" * 32,
        plan=papers.plan,
        verdict=proven,
    )
    console = Console(width=120, record=True, file=StringIO())
    console.print(activation_panel(outcome))
    seen = console.export_text()
    for said in ("LIVE", "31773 mW", "80000 mW", "≥ 124.40 Mbit/s", "≤ 360.00 W"):
        assert said in seen, seen
    assert f"ranwright deactivate {'a' * 32}" in seen
    worst = proven.intervals[0].after_low
    assert f"{worst:.2f} Mbit/s" in seen


def broken(papers: ActivationPapers, settings: int, rollouts: int, seed: int) -> tuple[int, int]:
    """Settings that break a promise, of all tried: fresh draws, random settings inside."""
    box = Box.of(papers.plan, papers.beside)
    twin, reading = Twin(papers.scenario, papers.snapshot), Reading(papers, box)
    points = box.interior(settings, f"adversary:{seed}", SCENARIO.equipment.grid_mw())
    stages = [[(p.come_from_mw, 100), (p.setting_mw, WINDOW_MS)] for p in points]
    each = reading.each([twin.roll_out_stages(s, rollouts, seed, 100)[-1] for s in stages])
    held = torch.stack(
        [
            p.requirement.margin(p.before_in_kpi_unit, each[..., r]) >= 0
            for r, p in enumerate(papers.plan.promises)
        ],
        -1,
    )
    return int((~held.all(-1)).any(-1).sum()), rollouts


def test_an_adversary_inside_a_proven_envelope_keeps_the_promises(papers, proven) -> None:
    """A roll-out counts as missed when any of the settings tried on it breaks anything."""
    assert proven.passed
    misses, rollouts = broken(papers, 12, 32, 4321)
    assert misses / rollouts <= papers.policy.verification.max_miss_probability


@pytest.mark.slow
def test_thousands_of_settings_inside_keep_the_promises(papers, proven) -> None:
    assert proven.passed
    misses, rollouts = 0, 0
    for seed in range(10):
        few = broken(papers, 40, 56, 7_000 + seed)
        misses, rollouts = misses + few[0], rollouts + few[1]
    allowed = papers.policy.verification.max_miss_probability
    assert miss_probability_bound(misses, rollouts, 0.95) <= allowed, (misses, rollouts)


def test_a_policy_that_could_never_be_convinced_is_refused(after) -> None:
    rules = after.policy.activation.model_copy(update={"rollouts": 97})
    few = after.policy.model_copy(update={"activation": rules})
    with pytest.raises(RanwrightError) as caught:
        limits_of(after.papers(0.5, policy=few))
    assert caught.value.code == "policy.cannot_prove"
