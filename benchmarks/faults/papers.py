"""The action of the campaign: two cells of munich, lowered in three stages.

The papers are signed with the site's own keys and say nothing of how good a twin is: forecasts are
wide on purpose, so that what is detected is the fault and not chance.
"""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml

from agents.verifier.stages import fallback, stage_changes
from contracts.action import ActionPlan, ParameterChange
from contracts.certificate import (
    APPROVAL_PAYLOAD_TYPE,
    CERTIFICATE_PAYLOAD_TYPE,
    Approval,
    Certificate,
    EffectWatch,
)
from contracts.clock import Instant
from contracts.dsse import SignedEnvelope, sign
from contracts.keys import load_signer
from contracts.kpi import Kpi
from contracts.measure import measure_kpi
from contracts.network import NetworkSnapshot
from contracts.plant_link import Observation
from contracts.policy import Policy, load_policy
from contracts.problem import PowerVariable, SourcedRequirement
from contracts.requirement import Condition, RelativeChange, Requirement
from contracts.site import Site
from contracts.stages import EffectForecast, KpiForecast, Stage
from twins.scenario import load_scenario

SCENARIO = "munich"
CELLS = (1, 2)
BEFORE_MW, TARGET_MW, LAST_RESORT_MW = 40_000, 28_318, 35_650
_DIGEST = "sha256:" + "0" * 64
_WIDTH = {Kpi.TX_POWER_TOTAL: 1.01, Kpi.UE_THP_DL_MEAN: 2.5}
"""Factor by which a measured KPI may lie off what it was, divided or multiplied."""
POLICY: dict[str, Any] = {
    "policy_id": "faults",
    "guard_rails": [
        {
            "name": "throughput",
            "kpi": Kpi.UE_THP_DL_MEAN.value,
            "condition": Condition.AT_LEAST.value,
            "bound": {"kind": "relative_change", "change_percent": -50},
            "applies_to": "all_cells",
        }
    ],
    "thresholds": {"weak_rsrp_dbm": -140, "low_sinr_db": -20},
    "action": {
        "allowed_parameters": ["NRSectorCarrier.configuredMaxTxPower"],
        "allowed_cells": [*CELLS],
        "max_step_db": 3,
        "max_changed_cells": 2,
    },
    "verification": {
        "max_miss_probability": 0.05,
        "confidence": 0.95,
        "rollouts": 59,
        "max_attempts": 1,
    },
    "approval": {"automatic_up_to_changed_cells": 2, "automatic_up_to_step_db": 3},
    "certificate": {
        "validity_s": 600,
        "settle_ms": 1000,
        "watch_window_ms": 6000,
        "effect_deadline_ms": 60_000,
        "silence_timeout_s": 3.0,
    },
    "stages": {
        "canary_cells": 1,
        "max_step_db": 1,
        "window_ms": 4000,
        "fallback_tx_power_mw": LAST_RESORT_MW,
    },
    "xapps": {
        "allowed": [
            {"name": "actuator", "may_send": [12040, 31001], "approval": "release"},
            {"name": "power-control", "may_send": [31000], "approval": "person"},
        ],
        "shared_policy_types": [20101],
        "validity_s": 300,
    },
    "forecast": {"false_alarm_probability": 0.02, "gap": "unlimited"},
    "activation": {
        "allowed_xapps": ["power-control"],
        "max_half_width_db": 2.0,
        "max_validity_s": 600,
        "least_interval_ms": 200,
        "watch_window_ms": 1000,
        "max_live": 2,
        "rollouts": 112,
        "interior_points": 32,
        "automatic": False,
    },
}


def write_policy(site: Site) -> None:
    """Put the campaign's policy into a site."""
    site.policy.write_text(yaml.safe_dump(POLICY), encoding="utf-8")


def certified(site: Site, observation: Observation) -> SignedEnvelope:
    """A signed certificate for the campaign's action on a network."""
    snapshot, policy = observation.snapshot, load_policy(site.policy)
    plan = ActionPlan(
        problem_digest=_DIGEST,
        snapshot_digest=snapshot.digest,
        resource_version=snapshot.resource_version,
        changes=tuple(
            ParameterChange(cell_id=c, from_mw=BEFORE_MW, to_mw=TARGET_MW) for c in CELLS
        ),
    )
    issued = Instant(wall_time=datetime.now(UTC))
    approval = Approval(
        trace_id="faults",
        plan_digest=plan.digest,
        verdict_digest=_DIGEST,
        decision="approved",
        risk_class="low",
        approved_by="policy:faults",
        decided_at=issued,
    )
    certificate = Certificate(
        certificate_id=os.urandom(16).hex(),
        trace_id="faults",
        plan=plan,
        envelope=_envelope(),
        baseline=snapshot,
        node_name=observation.node_name,
        verdict_digest=_DIGEST,
        policy_digest=policy.digest,
        scenario_digest=snapshot.scenario_digest,
        calibration_digest=_DIGEST,
        watch=EffectWatch(
            requirements=_requirements(snapshot),
            thresholds=policy.thresholds,
            timing=policy.certificate,
            forecast=_forecast(plan, snapshot, policy),
            fallback=fallback(plan, policy.stages),
        ),
        approval=sign(approval, APPROVAL_PAYLOAD_TYPE, load_signer(site, "approver")),
        issued_at=issued,
        expires_at=issued.wall_time + timedelta(seconds=300),
    )
    return sign(certificate, CERTIFICATE_PAYLOAD_TYPE, load_signer(site, "verifier"))


def _envelope() -> tuple[PowerVariable, ...]:
    return tuple(
        PowerVariable(
            cell_id=c, current_mw=BEFORE_MW, lower_mw=25_238, upper_mw=BEFORE_MW, step_db=0.5
        )
        for c in CELLS
    )


def _requirements(snapshot: NetworkSnapshot) -> tuple[SourcedRequirement, ...]:
    return (
        _requirement("intent", Kpi.TX_POWER_TOTAL, CELLS, Condition.AT_MOST, -10.0),
        _requirement(
            "guard_rail:throughput",
            Kpi.UE_THP_DL_MEAN,
            snapshot.cell_ids,
            Condition.AT_LEAST,
            -50.0,
        ),
    )


def _requirement(
    origin: str, kpi: Kpi, cells: tuple[int, ...], condition: Condition, change_percent: float
) -> SourcedRequirement:
    return SourcedRequirement(
        requirement=Requirement(
            kpi=kpi,
            cells=cells,
            condition=condition,
            bound=RelativeChange(change_percent=change_percent),
        ),
        origin=origin,
    )


def _forecast(plan: ActionPlan, snapshot: NetworkSnapshot, policy: Policy) -> EffectForecast:
    grid_mw = load_scenario(SCENARIO).equipment.grid_mw()
    changes = stage_changes(plan, snapshot, policy.stages, grid_mw)
    power_mw, stages = dict.fromkeys(CELLS, BEFORE_MW), []
    for number, stage in enumerate(changes, 1):
        power_mw |= {c.cell_id: c.to_mw for c in stage}
        middle = {Kpi.TX_POWER_TOTAL: sum(power_mw.values()) / 1000.0}
        is_last = number == len(changes)
        window_ms = policy.certificate.watch_window_ms if is_last else policy.stages.window_ms
        forecasts = tuple(
            _kpi_forecast(r, snapshot, policy, middle) for r in _requirements(snapshot)
        )
        stages.append(Stage(changes=stage, window_ms=window_ms, forecasts=forecasts))
    return EffectForecast(
        stages=tuple(stages),
        false_alarm_probability=policy.forecast.false_alarm_probability,
        outcomes=1,
        half_widths=1.0,
        conditional_on="the campaign: intervals wide on purpose",
    )


def _kpi_forecast(
    sourced: SourcedRequirement,
    snapshot: NetworkSnapshot,
    policy: Policy,
    middle: dict[Kpi, float],
) -> KpiForecast:
    kpi, cells = sourced.requirement.kpi, sourced.requirement.cells
    before = measure_kpi(kpi, cells, snapshot, snapshot, policy.thresholds)
    foreseen, width = middle.get(kpi, before), _WIDTH[kpi]
    return KpiForecast(kpi=kpi, cells=cells, low=foreseen / width, high=foreseen * width)
