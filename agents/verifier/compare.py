"""Tries the twin on plants: an action is foretold, carried out, and measured.

Each outcome stands for one plant of the scenario's uncertainty and one action that a policy allows,
in the stages that it asks for. Which cells the intent speaks of and what powers are set is drawn
at random: the gap is that between twin and plant, whatever a tool would have chosen.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain
from pathlib import Path

import torch

from agents.formulate import formulate
from agents.verifier.forecast import FIRST_LOOK, Expectation
from agents.verifier.gap import code_digest
from agents.verifier.papers import Papers
from agents.verifier.proof import Course
from agents.verifier.tally import Tally
from contracts.action import ActionPlan, ParameterChange
from contracts.clock import Clock
from contracts.errors import ExitCode, RanwrightError
from contracts.gap import GapOutcome, GapRecord
from contracts.intent import Intent, IntentExpectation
from contracts.kpi import Kpi
from contracts.measure import measure_kpi
from contracts.network import REPORT_PERIOD_MS, NetworkSnapshot
from contracts.policy import Policy
from contracts.problem import Problem
from contracts.requirement import Condition, RelativeChange, Requirement
from twins.calibration.certificate import load_certificate
from twins.channel import LinkMap, load_link_map
from twins.engine import engine_of
from twins.plant import Plant
from twins.rollout import Twin
from twins.runtime import RuntimeSettings, fingerprint
from twins.scenario import Scenario

_MOST = 1e6
"""Stands for a KPI that could not be measured."""
_KEPT_EACH = 8
"""Outcomes that are handed out, and kept, together."""

Progress = Callable[[int, int], None]
"""Called with the outcomes there are and their number."""


def compare(
    scenario: Scenario,
    policy: Policy,
    seeds: range,
    partial_file: Path,
    workers: int,
    on_progress: Progress | None = None,
    report_ms: int = REPORT_PERIOD_MS,
) -> GapRecord:
    """One outcome a seed, in order. What was cut off goes on where it stopped.

    Args:
        partial_file: where outcomes are kept until all are there.
        workers: processes.
        report_ms: period of the plants' reports.

    Raises:
        RanwrightError: ``gap.other_record`` when the file holds outcomes of something else, or
            what twin or policy refuses.
    """
    blank = _blank(scenario, policy, report_ms)
    done = _kept(partial_file, blank)
    missing = [seed for seed in seeds if seed not in done]
    engine = engine_of(RuntimeSettings(engine="processes", workers=workers))
    batches = (missing[i : i + _KEPT_EACH] for i in range(0, len(missing), _KEPT_EACH))
    found_in = (
        engine.map(partial(outcome, scenario, policy, report_ms), batch) for batch in batches
    )
    with partial_file.open("ab") as out:
        for found in chain.from_iterable(found_in):
            out.write(found.canonical() + b"\n")
            out.flush()
            done[found.seed] = found
            if on_progress is not None:
                on_progress(len(done), len(seeds))
    record = blank.model_copy(update={"outcomes": tuple(done[seed] for seed in seeds)})
    partial_file.unlink()
    return record


def _blank(scenario: Scenario, policy: Policy, report_ms: int) -> GapRecord:
    """What outcomes made now would be valid for; it holds none."""
    return GapRecord(
        scenario_digest=scenario.digest,
        code_digest=code_digest(),
        stages=policy.stages,
        settle_ms=policy.certificate.settle_ms,
        watch_window_ms=policy.certificate.watch_window_ms,
        report_ms=report_ms,
        runtime=fingerprint(),
        outcomes=(),
    )


def _kept(partial_file: Path, blank: GapRecord) -> dict[int, GapOutcome]:
    """Outcomes by seed that an earlier run left; the first line says what they are of."""
    if not partial_file.exists():
        partial_file.parent.mkdir(parents=True, exist_ok=True)
        partial_file.write_bytes(blank.canonical() + b"\n")
    head, *lines = partial_file.read_bytes().splitlines()
    if head != blank.canonical():
        raise RanwrightError(
            "gap.other_record",
            f"{partial_file.name} holds outcomes of another scenario, policy or code.",
            "Delete it, or name another file.",
            ExitCode.USAGE,
        )
    outcomes = [GapOutcome.parse(line) for line in lines]
    return {outcome.seed: outcome for outcome in outcomes}


def outcome(scenario: Scenario, policy: Policy, report_ms: int, seed: int) -> GapOutcome:
    """Foretell one random action on one plant, carry it out, and measure how far it lies off."""
    drawn = random.Random(f"compare:{seed}")  # noqa: S311 - an experiment, no secret
    links, watch_ms = _links(scenario.canonical()), policy.certificate.watch_window_ms
    plant = _Observed(scenario, Plant(scenario, seed, links), report_ms)
    snapshot = plant.observe(watch_ms)
    intent = _intent(drawn, scenario, snapshot)
    problem = formulate(intent, snapshot, policy, scenario.equipment)
    plan = _plan(drawn, scenario, problem, snapshot, policy)
    calibration = load_certificate().digest
    papers = Papers(intent, problem, plan, snapshot, policy, scenario, calibration)
    alone = RuntimeSettings(engine="threads", workers=1)
    twin = Twin(scenario, snapshot, links, alone)
    course, tally = Course.of(papers), Tally(papers)
    tally.add(twin.roll_out_stages(course.powers, FIRST_LOOK, seed, watch_ms))
    measured = torch.tensor(
        [plant.carry_out(papers, powers, ms) for powers, ms in course.powers],
        dtype=torch.float64,
    )
    return GapOutcome(
        seed=seed,
        discrepancy=twin.discrepancy(seed),
        worst_residual=min(_MOST, float(Expectation.of(tally.after, papers).residual(measured))),
    )


@cache
def _links(scenario_bytes: bytes) -> LinkMap:
    return load_link_map(Scenario.parse(scenario_bytes))


@dataclass(frozen=True)
class _Observed:
    """A plant and its reports."""

    scenario: Scenario
    plant: Plant
    report_ms: int

    def observe(self, window_ms: int) -> NetworkSnapshot:
        reports = self.plant.observe(window_ms // self.report_ms, self.report_ms)
        return NetworkSnapshot.from_reports(
            self.scenario.name, self.scenario.digest, self.plant.cells, reports, Clock().now()
        )

    def carry_out(self, papers: Papers, tx_power_mw: dict[int, int], window_ms: int) -> list[float]:
        """Set the powers of a stage, let the network settle, and measure every KPI."""
        self.plant.configure(tx_power_mw)
        self.plant.observe(papers.policy.certificate.settle_ms // self.report_ms, self.report_ms)
        measured, thresholds = self.observe(window_ms), papers.problem.thresholds
        return [
            measure_kpi(r.kpi, r.cells, papers.snapshot, measured, thresholds)
            for r in (s.requirement for s in papers.problem.requirements)
        ]


def _intent(drawn: random.Random, scenario: Scenario, snapshot: NetworkSnapshot) -> Intent:
    """The low and mean throughput of the cells of some sites."""
    sites = drawn.sample(scenario.sites, drawn.randint(1, len(scenario.sites)))
    cells = sorted(s.cell_id for site in sites for s in site.sectors)
    scope = tuple(cells) if snapshot.cohort(cells) else snapshot.cell_ids
    targets = tuple(
        Requirement(
            kpi=kpi,
            cells=scope,
            condition=Condition.AT_LEAST,
            bound=RelativeChange(change_percent=0.0),
        )
        for kpi in (Kpi.UE_THP_DL_P5, Kpi.UE_THP_DL_MEAN)
    )
    expectations = tuple(IntentExpectation.of("ENSURE", target) for target in targets)
    return Intent(user_label="compare", intent_expectations=expectations)


def _plan(
    drawn: random.Random,
    scenario: Scenario,
    problem: Problem,
    snapshot: NetworkSnapshot,
    policy: Policy,
) -> ActionPlan:
    """Some cells, each to a power of the equipment that the policy lets it take."""
    most = min(policy.action.max_changed_cells, len(problem.variables))
    grid_mw = scenario.equipment.grid_mw()
    changes = []
    for v in drawn.sample(problem.variables, drawn.randint(1, most)):
        steps = [mw for mw in grid_mw if v.lower_mw <= mw <= v.upper_mw and mw != v.current_mw]
        changes.append(
            ParameterChange(cell_id=v.cell_id, from_mw=v.current_mw, to_mw=drawn.choice(steps))
        )
    return ActionPlan(
        problem_digest=problem.digest,
        snapshot_digest=snapshot.digest,
        resource_version=snapshot.resource_version,
        changes=tuple(sorted(changes, key=lambda c: c.cell_id)),
    )
