"""Seeded example networks for tests and benchmarks: a simulated plant, its snapshot, a problem."""

from dataclasses import dataclass
from datetime import UTC, datetime

from contracts.clock import Instant
from contracts.kpi import Kpi
from contracts.measure import Thresholds
from contracts.network import REPORT_PERIOD_MS, NetworkSnapshot
from contracts.problem import Objective, PowerVariable, Problem, SourcedRequirement
from contracts.requirement import Condition, RatioBound, RelativeChange, Requirement
from contracts.units import dbm_to_mw, mw_to_dbm
from twins.plant import Plant
from twins.scenario import Scenario, load_scenario

THRESHOLDS = Thresholds(weak_rsrp_dbm=-120.0, low_sinr_db=-3.0)
_NO_DIGEST = "sha256:" + "0" * 64


@dataclass(frozen=True)
class Example:
    """One network: what runs, what is known of it, and what is asked."""

    scenario: Scenario
    plant: Plant
    snapshot: NetworkSnapshot
    problem: Problem

    def load(self, name: str) -> Scenario:
        """A scenario loader for the tools that knows this scenario only."""
        assert name == self.scenario.name
        return self.scenario


def example(
    seed: int,
    sites: int = 3,
    ues: int = 100,
    objective: Objective = Objective.LOW_PERCENTILE,
    goal: Requirement | None = None,
    max_step_db: float = 6.0,
    window_s: int = 60,
) -> Example:
    """A network on a hexagonal grid (TR 38.901 UMa) at uncoordinated full power.

    Args:
        seed: of the link map and of everything hidden in the plant.
        sites: number of sites with three cells each, 1..7.
        ues: number of UEs.
        objective: what is optimised in cells 1-3.
        goal: what the intent demands; default: 5th percentile of cells 1-3 up by 20 %.
        max_step_db: policy limit on each cell's change.
        window_s: length of the snapshot's window, KPM time.
    """
    scenario = _scenario(seed, sites, ues)
    plant = Plant(scenario, seed)
    reports = plant.observe(1000 * window_s // REPORT_PERIOD_MS, REPORT_PERIOD_MS)
    snapshot = NetworkSnapshot.from_reports(
        scenario.name,
        scenario.digest,
        plant.cells,
        reports,
        Instant(
            wall_time=datetime(2026, 1, 1, 12, tzinfo=UTC), kpm_time_ms=reports[-1].kpm_time_ms
        ),
    )
    problem = problem_on(
        snapshot, scenario, objective, goal or raise_low_percentile(20.0), max_step_db
    )
    return Example(scenario, plant, snapshot, problem)


def raise_low_percentile(percent: float) -> Requirement:
    """5th-percentile throughput of cells 1-3 up by so many percent."""
    return Requirement(
        kpi=Kpi.UE_THP_DL_P5,
        cells=(1, 2, 3),
        condition=Condition.AT_LEAST,
        bound=RelativeChange(change_percent=percent),
    )


def problem_on(
    snapshot: NetworkSnapshot,
    scenario: Scenario,
    objective: Objective,
    goal: Requirement,
    max_step_db: float = 6.0,
) -> Problem:
    """A goal with the usual guard-rails: total power, coverage, each cell's mean throughput."""
    cells = snapshot.cell_ids
    rails = [
        Requirement(
            kpi=Kpi.COVERAGE_LOSS_RATIO,
            cells=cells,
            condition=Condition.AT_MOST,
            bound=RatioBound(threshold_percent=0.0),
        ),
        *(
            Requirement(
                kpi=Kpi.UE_THP_DL_MEAN,
                cells=(c,),
                condition=Condition.AT_LEAST,
                bound=RelativeChange(change_percent=-5.0),
            )
            for c in cells
            if snapshot.cohort((c,))
        ),
    ]
    total = Requirement(
        kpi=Kpi.TX_POWER_TOTAL,
        cells=cells,
        condition=Condition.AT_MOST,
        bound=RelativeChange(change_percent=0.0),
    )
    wanted = [goal] if goal.kpi is Kpi.TX_POWER_TOTAL else [goal, total]
    return Problem(
        intent_digest=_NO_DIGEST,
        snapshot_digest=snapshot.digest,
        policy_digest=_NO_DIGEST,
        objective=objective,
        objective_cells=goal.cells,
        variables=tuple(
            _variable(c, mw, scenario, max_step_db) for c, mw in snapshot.tx_power_mw.items()
        ),
        requirements=(
            *(SourcedRequirement(requirement=r, origin="intent") for r in wanted),
            *(SourcedRequirement(requirement=r, origin="guard_rail:example") for r in rails),
        ),
        thresholds=THRESHOLDS,
    )


def _variable(cell: int, mw: int, scenario: Scenario, max_step_db: float) -> PowerVariable:
    power = scenario.equipment.configured_max_tx_power
    low, high = (dbm_to_mw(mw_to_dbm(mw) + sign * max_step_db) for sign in (-1, 1))
    reachable = [p for p in power.grid_mw() if low - 0.5 <= p <= high + 0.5]
    return PowerVariable(
        cell_id=cell,
        current_mw=mw,
        lower_mw=reachable[0],
        upper_mw=reachable[-1],
        step_db=power.step_db,
        equipment_max_mw=power.max_mw,
    )


def _scenario(seed: int, sites: int, ues: int) -> Scenario:
    full = load_scenario("uma")
    channel = full.channel.model_copy(update={"seed": seed, "point_count": 200 * sites})
    changes = {"sites": full.sites[:sites], "ue_count": ues, "channel": channel}
    return Scenario.model_validate(full.model_copy(update=changes).model_dump())
