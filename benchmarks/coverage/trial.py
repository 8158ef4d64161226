"""One plant: the same intent tried by every method."""

import os
import random
from pathlib import Path
from typing import Any

from agents.formulate import formulate, reserve_after
from agents.nodes import HOPELESS_MARGIN
from agents.solve import solve
from agents.verifier.gap import require_fit
from agents.verifier.papers import Papers
from agents.verifier.verify import verify
from benchmarks.coverage.plants import FAMILIES, Trial
from benchmarks.oracle import TruthSearch
from contracts.dictionary import required_evidence
from contracts.gap import GapRecord
from contracts.intent import Intent, IntentExpectation
from contracts.kpi import Kpi
from contracts.measure import margin_of, measure_kpi
from contracts.network import NetworkSnapshot
from contracts.policy import Policy, load_policy
from contracts.problem import Problem
from contracts.requirement import Condition, RelativeChange, Requirement
from contracts.verdict import Verdict
from tools.power import power_tools
from twins.calibration.certificate import load_certificate
from twins.scenario import Scenario, load_scenario

HERE = Path(__file__).parent
Row = dict[str, Any]


def network() -> tuple[Scenario, Policy]:
    """The campaign's scenario and policy."""
    return load_scenario(str(HERE / "trio.yaml")), load_policy(HERE / "policy.yaml")


def run(record: GapRecord, family: str, seed: int) -> Row:
    """All methods on one plant of a family; each begins with a fresh copy of it."""
    os.environ["RANWRIGHT_WORKERS"] = "1"
    scenario, policy = network()
    require_fit(record, scenario, policy)

    def fresh() -> tuple[Trial, NetworkSnapshot]:
        window_ms = policy.certificate.watch_window_ms
        trial = Trial(scenario, FAMILIES[family], seed, window_ms)
        return trial, trial.observe()

    intent = _intent(seed)
    _, snapshot = fresh()
    problem = formulate(intent, snapshot, policy, scenario.equipment)
    row: Row = {"family": family, "seed": seed, "goal": intent.requirements[0].describe()}
    row["ranwright"], candidates = _ranwright(intent, snapshot, scenario, policy, record, fresh)
    row["act_without_verification"] = _act(candidates[:1], problem, policy, fresh)
    row["verify_on_live_and_revert"] = _act(candidates[:3], problem, policy, fresh)
    if family == "inside":
        row["oracle"] = _oracle(problem, snapshot, scenario, candidates, policy, fresh)
    return row


def _intent(seed: int) -> Intent:
    """Lift the low throughput of one cell or of all, by what is easy to what is hardly possible."""
    drawn = random.Random(f"coverage:{seed}")
    target = Requirement(
        kpi=Kpi.UE_THP_DL_P5,
        cells=drawn.choice([(1,), (2,), (3,), (1, 2, 3)]),
        condition=Condition.AT_LEAST,
        bound=RelativeChange(change_percent=float(drawn.randint(2, 30))),
    )
    power = Requirement(
        kpi=Kpi.TX_POWER_TOTAL,
        cells=(1, 2, 3),
        condition=Condition.AT_MOST,
        bound=RelativeChange(change_percent=0.0),
    )
    return Intent(
        user_label="coverage campaign",
        intent_expectations=(
            IntentExpectation.of("DELIVER", target),
            IntentExpectation.of("ENSURE", power),
        ),
    )


def _ranwright(
    intent: Intent,
    snapshot: NetworkSnapshot,
    scenario: Scenario,
    policy: Policy,
    record: GapRecord,
    fresh: Any,
) -> tuple[Row, list[dict[int, int]]]:
    reserve: dict[str, float] = {}
    candidates: list[dict[int, int]] = []
    row: Row = {"acted": False}
    cited = required_evidence(intent, scenario.equipment)
    for attempt in range(1, policy.verification.max_attempts + 1):
        problem = formulate(intent, snapshot, policy, scenario.equipment, cited, reserve)
        solution = solve(problem, snapshot, scenario, power_tools(lambda _: scenario))
        candidates += [c.tx_power_mw for c in solution.candidates[:3]]
        row |= {"attempts": attempt}
        if solution.plan is None or solution.best.worst_margin < HOPELESS_MARGIN:
            return row | {"refused": ["solve.infeasible"]}, candidates
        papers = Papers(
            *(intent, problem, solution.plan, snapshot, policy, scenario),
            load_certificate().digest,
            record,
        )
        verdict = verify(papers, attempt)
        row |= {"gap": verdict.gap.model_dump(mode="json") if verdict.gap else None}
        if verdict.passed:
            return row | _staged(verdict, problem, policy, fresh()[0], snapshot), candidates
        refused = [c.name for c in verdict.checks if not c.passed]
        row |= {"refused": refused}
        if any(name.startswith("gap.") for name in refused):
            return row, candidates  # no other plan changes what the plant is
        reserve = reserve_after(verdict, reserve)
    return row, candidates


def _staged(
    verdict: Verdict, problem: Problem, policy: Policy, trial: Trial, baseline: NetworkSnapshot
) -> Row:
    """Carry a certified action out in its stages, as the actuator does; all of it is measured."""
    assert verdict.forecast is not None
    assert verdict.bound is not None
    alarms, measured = [], baseline
    for number, stage in enumerate(verdict.forecast.stages):
        powers = {c.cell_id: c.to_mw for c in stage.changes}
        measured = trial.carry_out(powers, policy.certificate.settle_ms, stage.window_ms)
        for f in stage.forecasts:
            value = measure_kpi(f.kpi, f.cells, baseline, measured, problem.thresholds)
            if not f.low <= value <= f.high:
                alarms.append(f"stage {number + 1}: {f.kpi} of {list(f.cells)}")
    return {
        "acted": True,
        "stages": len(verdict.forecast.stages),
        "half_widths": verdict.forecast.half_widths,
        "probability_bound": verdict.bound.probability_bound,
        "alarms": alarms,
        **_judged(problem, baseline, measured),
    }


def _act(candidates: list[dict[int, int]], problem: Problem, policy: Policy, fresh: Any) -> Row:
    """Act on the live network, and where it was a miss, go back and try the next candidate.

    ``live_violations`` counts windows in which users had a broken guard-rail.
    """
    trial, baseline = fresh()
    before = baseline.tx_power_mw
    row: Row = {"acted": bool(candidates), "fulfilled": False, "live_violations": 0}
    for tried, powers in enumerate(candidates, 1):
        measured = trial.carry_out(powers, policy.certificate.settle_ms)
        judged = _judged(problem, baseline, measured)
        row |= {"tried": tried, "fulfilled": judged["fulfilled"]}
        row["live_violations"] += judged["guard_rail_violated"]
        if judged["fulfilled"]:
            break
        trial.plant.configure(before)
    return row


def _oracle(
    problem: Problem,
    snapshot: NetworkSnapshot,
    scenario: Scenario,
    candidates: list[dict[int, int]],
    policy: Policy,
    fresh: Any,
) -> Row:
    """Search on the hidden truth, and act where the search says that it holds."""
    trial, baseline = fresh()
    search = TruthSearch(problem, snapshot, scenario, trial.plant.truth)
    powers, margin = search.best([dict(c) for c in candidates])
    if margin < 0:
        return {"acted": False, "fulfilled": False}
    measured = trial.carry_out(powers, policy.certificate.settle_ms)
    return {"acted": True, **_judged(problem, baseline, measured)}


def _judged(problem: Problem, baseline: NetworkSnapshot, measured: NetworkSnapshot) -> Row:
    missed = [
        s
        for s in problem.requirements
        if margin_of(s.requirement, baseline, measured, problem.thresholds) < 0
    ]
    return {
        "fulfilled": not missed,
        "guard_rail_violated": any(s.origin != "intent" for s in missed),
        "missed": [s.requirement.describe() for s in missed],
    }
