"""A small network written out by hand, its policy, and intents on it: nothing is simulated."""

from datetime import UTC, datetime

from contracts.action import ActionPlan, ParameterChange
from contracts.clock import Instant
from contracts.dictionary import required_evidence
from contracts.evidence import Evidence
from contracts.intent import Intent, IntentExpectation
from contracts.kpi import Kpi
from contracts.measure import Thresholds
from contracts.network import (
    CellConfiguration,
    CellMeasurement,
    CellState,
    NetworkSnapshot,
    UeState,
)
from contracts.policy import (
    ActionLimits,
    ActivationRules,
    ApprovalRules,
    CertificateRules,
    ForecastRules,
    GuardRail,
    Policy,
    StageRules,
    VerificationLimits,
)
from contracts.problem import CONFIGURED_MAX_TX_POWER, Problem
from contracts.requirement import Condition, RatioBound, RelativeChange, Requirement
from contracts.xapp_rules import XappRule, XappRules
from twins.scenario import Scenario, load_scenario

NOON = Instant(wall_time=datetime(2026, 1, 1, 12, tzinfo=UTC), kpm_time_ms=60_000)
FULL_MW = 40_000
SCENARIO: Scenario = load_scenario("munich")
POLICY = Policy(
    policy_id="test",
    guard_rails=(
        GuardRail(
            name="no_ue_loses_coverage",
            kpi=Kpi.COVERAGE_LOSS_RATIO,
            condition=Condition.AT_MOST,
            bound=RatioBound(threshold_percent=0),
            applies_to="all_cells",
        ),
        GuardRail(
            name="cell_mean_throughput",
            kpi=Kpi.UE_THP_DL_MEAN,
            condition=Condition.AT_LEAST,
            bound=RelativeChange(change_percent=-5),
            applies_to="each_cell",
        ),
    ),
    thresholds=Thresholds(weak_rsrp_dbm=-120, low_sinr_db=-3),
    action=ActionLimits(
        allowed_parameters=(CONFIGURED_MAX_TX_POWER,),
        allowed_cells=(1, 2, 3),
        max_step_db=6,
        max_changed_cells=2,
    ),
    verification=VerificationLimits(
        max_miss_probability=0.05, confidence=0.95, rollouts=299, max_attempts=3
    ),
    approval=ApprovalRules(automatic_up_to_changed_cells=9, automatic_up_to_step_db=6),
    certificate=CertificateRules(
        validity_s=300,
        settle_ms=2000,
        watch_window_ms=60_000,
        effect_deadline_ms=240_000,
        silence_timeout_s=20,
    ),
    stages=StageRules(
        canary_cells=1, max_step_db=6, window_ms=10_000, fallback_tx_power_mw=FULL_MW
    ),
    xapps=XappRules(
        allowed=(XappRule(name="actuator", may_send=(12040,), approval="release"),),
        shared_policy_types=(),
        validity_s=300,
    ),
    forecast=ForecastRules(false_alarm_probability=0.02, gap="unlimited"),
    activation=ActivationRules(
        allowed_xapps=("power-control",),
        max_half_width_db=2,
        max_validity_s=600,
        least_interval_ms=200,
        watch_window_ms=4_000,
        max_live=2,
        rollouts=112,
        interior_points=32,
        automatic=False,
    ),
)


def cell(cell_id: int, power_mw: int = FULL_MW) -> CellState:
    return CellState(
        configuration=CellConfiguration(
            cell_id=cell_id, configured_max_tx_power_mw=power_mw, digital_tilt_decidegrees=60
        ),
        measurement=CellMeasurement(
            cell_id=cell_id,
            ue_throughput_mbps=10,
            prb_usage_percent=90,
            connected_ues=2,
            average_power_w=300,
        ),
    )


def ue(ue_id: int, serving: int, rsrp_dbm: float | dict[int, float] = -90.0, **changes) -> UeState:
    """A UE that hears its serving cell, and every other cell 40 dB weaker."""
    heard = rsrp_dbm
    if not isinstance(heard, dict):
        heard = {c: heard - 40.0 for c in (1, 2, 3)} | {serving: heard}
    values = {
        "throughput_mbps": 10.0,
        "dl_active_time_ms": 57_000.0,
        "sinr_db": 10.0,
        "rsrp_dbm": heard,
    } | changes
    return UeState(ue_id=ue_id, serving_cell=serving, **values)


def snapshot(ues: tuple[UeState, ...] | None = None, **changes) -> NetworkSnapshot:
    """Three cells at full power; cells 1 and 2 serve two UEs each, cell 3 none."""
    values = {
        "scenario": SCENARIO.name,
        "scenario_digest": SCENARIO.digest,
        "resource_version": 7,
        "taken_at": NOON,
        "window_ms": 60_000,
        "reports": 300,
        "cells": tuple(cell(c) for c in (1, 2, 3)),
        "ues": ues or (ue(1, 1), ue(2, 1), ue(3, 2), ue(4, 2)),
    }
    return NetworkSnapshot(**values | changes)


def demand(
    kpi: Kpi = Kpi.UE_THP_DL_P5,
    cells: tuple[int, ...] = (1,),
    condition: Condition = Condition.AT_LEAST,
    change_percent: float = 20,
) -> Requirement:
    bound = RelativeChange(change_percent=change_percent)
    return Requirement(kpi=kpi, cells=cells, condition=condition, bound=bound)


NO_MORE_POWER = demand(Kpi.TX_POWER_TOTAL, (1, 2, 3), Condition.AT_MOST, 0)


def intent(*requirements: Requirement) -> Intent:
    """Deliver the first requirement, ensure the others."""
    first, *others = requirements or (demand(), NO_MORE_POWER)
    ensured = (IntentExpectation.of("ENSURE", other) for other in others)
    listed = (IntentExpectation.of("DELIVER", first), *ensured)
    return Intent(user_label="a sentence", intent_expectations=listed)


def cited(wanted: Intent) -> tuple[Evidence, ...]:
    """What a plan on an intent has to cite."""
    return required_evidence(wanted, SCENARIO.equipment)


def one_step_down(problem: Problem, taken: NetworkSnapshot, scenario: Scenario) -> ActionPlan:
    """Cell 1 one step of its equipment lower."""
    now_mw, grid_mw = taken.tx_power_mw[1], scenario.equipment.grid_mw()
    below = grid_mw[grid_mw.index(now_mw) - 1]
    return ActionPlan(
        problem_digest=problem.digest,
        snapshot_digest=taken.digest,
        resource_version=taken.resource_version,
        changes=(ParameterChange(cell_id=1, from_mw=now_mw, to_mw=below),),
    )
