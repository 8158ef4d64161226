"""Roll-outs end when the verdict is known; real twin, a plant of the munich scenario."""

import pytest

from agents.formulate import formulate
from agents.verifier.bound import attempt_confidence, undecided
from agents.verifier.papers import Papers
from agents.verifier.verify import verify
from contracts.errors import RanwrightError
from contracts.kpi import Kpi
from contracts.network import NetworkSnapshot
from tests.agents.city import NOON, POLICY, SCENARIO, cited, demand, intent, one_step_down
from twins.plant import Plant

OTHER = "sha256:" + "1" * 64
WINDOW_MS = 4_000
LIMITS = POLICY.verification.model_copy(update={"rollouts": 240})
TIMING = POLICY.certificate.model_copy(update={"watch_window_ms": WINDOW_MS})
SHORT = POLICY.model_copy(
    update={"verification": LIMITS, "certificate": TIMING, "guard_rails": POLICY.guard_rails[:1]}
)


@pytest.fixture(scope="module")
def taken() -> NetworkSnapshot:
    plant = Plant(SCENARIO, 5)
    reports = plant.observe(WINDOW_MS // 200, 200)
    return NetworkSnapshot.from_reports(SCENARIO.name, SCENARIO.digest, plant.cells, reports, NOON)


def judged(taken, change_percent, heard, policy=SHORT):
    """Half a decibel less on cell 1 must change its mean throughput by at least so much."""
    wanted = intent(demand(Kpi.UE_THP_DL_MEAN, (1,), change_percent=change_percent))
    problem = formulate(wanted, taken, policy, SCENARIO.equipment, cited(wanted))
    plan = one_step_down(problem, taken, SCENARIO)
    papers = Papers(wanted, problem, plan, taken, policy, SCENARIO, OTHER)
    return verify(papers, 1, lambda done, of: heard.append((done, of)))


def test_a_clear_case_is_proven_early(taken) -> None:
    heard: list[tuple[int, int]] = []
    verdict = judged(taken, -50.0, heard)
    assert verdict.passed, verdict.reasons
    assert verdict.bound is not None
    assert verdict.bound.rollouts == 112
    assert verdict.bound.missed_rollouts == 0
    assert verdict.bound.probability_bound <= 0.05
    assert verdict.bound.confidence == attempt_confidence(LIMITS)
    assert heard[-1] == (112, 240)
    assert verdict.evidence[0].missed_rollouts == 0
    assert verdict == judged(taken, -50.0, [])


def test_a_policy_that_could_never_be_convinced_is_refused(taken) -> None:
    few = SHORT.model_copy(update={"verification": LIMITS.model_copy(update={"rollouts": 97})})
    with pytest.raises(RanwrightError) as caught:
        judged(taken, -50.0, [], few)
    assert caught.value.code == "policy.cannot_prove"


def test_a_hopeless_case_is_given_up_early(taken) -> None:
    verdict = judged(taken, 80.0, [])
    assert not verdict.passed
    assert verdict.bound is not None
    assert verdict.bound.rollouts == 56
    assert not undecided(verdict.bound.missed_rollouts, 56, LIMITS)
    assert "twin.rollouts" in verdict.reasons[0]
