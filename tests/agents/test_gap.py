"""The gap between twin and plant: what is usual is judged, what is strange is refused."""

import math
from pathlib import Path

import pytest

from agents.formulate import formulate
from agents.verifier.compare import compare
from agents.verifier.gap import Gap, load_gap, require_fit
from agents.verifier.papers import Papers
from agents.verifier.verify import verify
from benchmarks.coverage.plants import FAMILIES, REPORT_MS, Trial
from benchmarks.coverage.trial import network
from contracts.dictionary import required_evidence
from contracts.errors import RanwrightError
from contracts.gap import GapRecord
from contracts.kpi import Kpi
from contracts.policy import GapRules
from tests.agents.city import demand, intent, one_step_down

SCENARIO, FULL_POLICY = network()
WINDOW_MS = 10_000
POLICY = FULL_POLICY.model_copy(
    update={
        "certificate": FULL_POLICY.certificate.model_copy(update={"watch_window_ms": WINDOW_MS}),
        "stages": FULL_POLICY.stages.model_copy(update={"window_ms": 2_000}),
    }
)
RULES = GapRules(least_p_value=0.03, max_half_widths=6)


@pytest.fixture(scope="module")
def record(tmp_path_factory) -> GapRecord:
    folder: Path = tmp_path_factory.mktemp("gap")
    seeds, partial = range(700, 749), folder / "partial"
    # cut off after a few, then carried on: the outcomes are those of one run
    first = compare(SCENARIO, POLICY, seeds[:3], partial, 1, report_ms=REPORT_MS)
    lines = [first.model_copy(update={"outcomes": ()}), *first.outcomes[:2]]
    partial.write_bytes(b"".join(line.canonical() + b"\n" for line in lines))
    whole = compare(SCENARIO, POLICY, seeds, partial, 2, report_ms=REPORT_MS)
    assert whole.outcomes[:3] == first.outcomes
    assert not partial.exists()
    return whole


def judged(record, family, seed=42):
    """Half a decibel less on cell 1, on a plant of a family, must not halve its throughput."""
    snapshot = Trial(SCENARIO, FAMILIES[family], seed, WINDOW_MS).observe()
    policy = POLICY.model_copy(
        update={"forecast": POLICY.forecast.model_copy(update={"gap": RULES})}
    )
    wanted = intent(demand(Kpi.UE_THP_DL_MEAN, (1,), change_percent=-50.0))
    cited = required_evidence(wanted, SCENARIO.equipment)
    problem = formulate(wanted, snapshot, policy, SCENARIO.equipment, cited)
    plan = one_step_down(problem, snapshot, SCENARIO)
    digest = "sha256:" + "1" * 64
    return verify(Papers(wanted, problem, plan, snapshot, policy, SCENARIO, digest, record), 1)


def test_a_plant_like_the_others_is_judged(record):
    verdict = judged(record, "inside")
    assert verdict.passed, verdict.reasons
    assert verdict.gap is not None
    assert verdict.gap.p_value >= RULES.least_p_value
    assert verdict.gap.record_digest == record.digest
    assert verdict.forecast is not None
    assert verdict.forecast.outcomes == 49
    assert 1.0 < verdict.forecast.half_widths <= RULES.max_half_widths


@pytest.mark.parametrize("family", ["loss_+3dB", "noise_+10dB", "activity_0.5"])
def test_a_plant_unlike_all_others_is_refused_before_any_roll_out(record, family):
    verdict = judged(record, family)
    assert not verdict.passed
    assert {c.name for c in verdict.checks if not c.passed} == {
        "gap.in_distribution",
        "gap.narrow_enough",
    }
    assert verdict.bound is None
    assert verdict.forecast is None


def test_the_stranger_the_plant_the_wider_the_forecast(record):
    usual = dict(record.outcomes[0].discrepancy)
    reached = [
        Gap.of(record, usual | {"surprise": usual["surprise"] * factor}, 0.02).reach.half_widths
        for factor in (1.0, 3.0, 10.0, 30.0)
    ]
    assert reached == sorted(reached)
    assert reached[-1] > 3.0 * reached[0]


def test_too_few_outcomes_promise_nothing(record):
    few = record.model_copy(update={"outcomes": record.outcomes[:20]})
    gap = Gap.of(few, record.outcomes[30].discrepancy, 0.02)
    assert gap.reach.half_widths == math.inf
    assert [c.passed for c in gap.checks(RULES)] == [True, False]


def test_policies_that_limit_the_gap_need_a_record():
    with pytest.raises(RanwrightError) as caught:
        judged(None, "inside")
    assert caught.value.code == "gap.unknown"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"code_digest": "sha256:" + "2" * 64}, "code"),
        ({"scenario_digest": "sha256:" + "2" * 64}, "scenario"),
        ({"watch_window_ms": 1}, "watch_window_ms"),
        ({"settle_ms": 1}, "settle_ms"),
    ],
)
def test_outcomes_of_something_else_are_refused(record, change, named):
    require_fit(record, SCENARIO, POLICY)
    with pytest.raises(RanwrightError, match=f"another {named}") as caught:
        require_fit(record.model_copy(update=change), SCENARIO, POLICY)
    assert caught.value.code == "gap.stale"


def test_a_sites_own_record_stands_before_the_shipped_one(record, tmp_path):
    own = tmp_path / "gap.json"
    assert load_gap(SCENARIO, own) is None  # nothing ships for this scenario
    own.write_bytes(record.canonical())
    assert load_gap(SCENARIO, own) == record
    own.write_text("{}")
    with pytest.raises(RanwrightError) as caught:
        load_gap(SCENARIO, own)
    assert caught.value.code == "gap.malformed"


def test_a_partial_file_of_something_else_is_not_carried_on(record, tmp_path):
    partial = tmp_path / "partial"
    other = record.model_copy(update={"outcomes": (), "settle_ms": 1})
    partial.write_bytes(other.canonical() + b"\n")
    with pytest.raises(RanwrightError) as caught:
        compare(SCENARIO, POLICY, range(2), partial, 1, report_ms=REPORT_MS)
    assert caught.value.code == "gap.other_record"
    assert partial.read_bytes() == other.canonical() + b"\n"
