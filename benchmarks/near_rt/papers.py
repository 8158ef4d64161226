"""Papers for networks that no planner has seen: a policy, an action, an activation behind it.

They are signed with the site's own keys and say nothing of how good a twin is. Guard-rails are of
the kinds that the shipped policies have, with bounds that only a broken network misses.
"""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import yaml

from contracts.action import ActionPlan, ParameterChange
from contracts.activation import (
    ACTIVATION_PAYLOAD_TYPE,
    Activation,
    ActivationPlan,
    Holder,
    Promise,
)
from contracts.canonical import digest_bytes
from contracts.certificate import (
    APPROVAL_PAYLOAD_TYPE,
    CERTIFICATE_PAYLOAD_TYPE,
    Approval,
    Certificate,
    EffectWatch,
)
from contracts.clock import Clock
from contracts.dsse import SignedEnvelope, sign
from contracts.keys import load_signer
from contracts.kpi import Kpi
from contracts.measure import Thresholds, measure_kpi
from contracts.network import NetworkSnapshot
from contracts.plant_link import NodeInfo, Observation
from contracts.policy import Policy, load_policy
from contracts.problem import Objective, PowerVariable, SourcedRequirement
from contracts.requirement import Condition, RatioBound, RelativeChange, Requirement
from contracts.site import Site
from contracts.stages import EffectForecast, KpiForecast, Stage

_TRACE, _NAME = "near_rt", "alex"
_NOTHING = digest_bytes(b"")
_LEAST_THROUGHPUT = RelativeChange(change_percent=-95.0)
POWER_CONTROL = Holder(name="power-control", version="0.1.0", package_digest=_NOTHING)
POLICY: dict[str, Any] = {
    "policy_id": "near-rt",
    "guard_rails": [
        {
            "name": "no_coverage_loss",
            "kpi": Kpi.COVERAGE_LOSS_RATIO.value,
            "condition": Condition.AT_MOST.value,
            "bound": {"kind": "ratio", "threshold_percent": 0},
            "applies_to": "all_cells",
        },
        {
            "name": "cell_throughput",
            "kpi": Kpi.UE_THP_DL_MEAN.value,
            "condition": Condition.AT_LEAST.value,
            "bound": _LEAST_THROUGHPUT.model_dump(mode="json"),
            "applies_to": "each_cell",
        },
    ],
    "thresholds": {"weak_rsrp_dbm": -150, "low_sinr_db": -20},
    "action": {
        "allowed_parameters": ["NRSectorCarrier.configuredMaxTxPower"],
        "max_step_db": 6,
        "max_changed_cells": 1,
    },
    "verification": {
        "max_miss_probability": 0.05,
        "confidence": 0.95,
        "rollouts": 59,
        "max_attempts": 1,
    },
    "approval": {"automatic_up_to_changed_cells": 1, "automatic_up_to_step_db": 6},
    "certificate": {
        "validity_s": 600,
        "settle_ms": 200,
        "watch_window_ms": 1000,
        "effect_deadline_ms": 60_000,
        "silence_timeout_s": 10.0,
    },
    "stages": {
        "canary_cells": 0,
        "max_step_db": 6,
        "window_ms": 1000,
        "fallback_tx_power_mw": 1000,
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
        "allowed_xapps": [POWER_CONTROL.name],
        "max_half_width_db": 4.0,
        "max_validity_s": 3600,
        "least_interval_ms": 200,
        "watch_window_ms": 10_000,
        "max_live": 2,
        "rollouts": 112,
        "interior_points": 32,
        "automatic": False,
    },
}


def write_policy(site: Site, cells: Sequence[int]) -> None:
    """Put the policy into a site, for a network of these cells."""
    action = {**POLICY["action"], "allowed_cells": [*cells]}
    site.policy.write_text(yaml.safe_dump({**POLICY, "action": action}), encoding="utf-8")


def envelope_around(
    node: NodeInfo, cells: Sequence[int], grid_mw: Sequence[int], steps: int, step_db: float
) -> tuple[PowerVariable, ...]:
    """So many steps of the grid up and down around the powers in force."""
    present_mw = {c.cell_id: c.configured_max_tx_power_mw for c in node.cells}
    variables = []
    for cell in sorted(cells):
        place = grid_mw.index(present_mw[cell])
        variables.append(
            PowerVariable(
                cell_id=cell,
                current_mw=present_mw[cell],
                lower_mw=grid_mw[max(0, place - steps)],
                upper_mw=grid_mw[min(len(grid_mw) - 1, place + steps)],
                step_db=step_db,
                equipment_max_mw=grid_mw[-1],
            )
        )
    return tuple(variables)


def certificate_of(
    site: Site, observation: Observation, domain: PowerVariable, to_mw: int
) -> Certificate:
    """A certificate that sets one cell, on the network that was observed."""
    policy, snapshot = load_policy(site.policy), observation.snapshot
    change = ParameterChange(cell_id=domain.cell_id, from_mw=domain.current_mw, to_mw=to_mw)
    plan = ActionPlan(
        problem_digest=_NOTHING,
        snapshot_digest=snapshot.digest,
        resource_version=snapshot.resource_version,
        changes=(change,),
    )
    requirements = _requirements(change, snapshot)
    last_resort_mw = policy.stages.fallback_tx_power_mw
    issued = Clock().now()
    return Certificate(
        certificate_id=secrets.token_hex(16),
        trace_id=_TRACE,
        plan=plan,
        envelope=(domain,),
        baseline=snapshot,
        node_name=observation.node_name,
        verdict_digest=_NOTHING,
        policy_digest=policy.digest,
        scenario_digest=snapshot.scenario_digest,
        calibration_digest=_NOTHING,
        watch=EffectWatch(
            requirements=requirements,
            thresholds=policy.thresholds,
            timing=policy.certificate,
            forecast=_forecast(plan, requirements, policy),
            fallback=(change.model_copy(update={"from_mw": to_mw, "to_mw": last_resort_mw}),),
        ),
        approval=_approved(site, plan.digest),
        issued_at=issued,
        expires_at=issued.wall_time + timedelta(seconds=policy.certificate.validity_s),
    )


def activation_of(
    node: NodeInfo,
    envelope: tuple[PowerVariable, ...],
    site: Site,
    objective: Objective = Objective.PROPORTIONAL_FAIRNESS,
    after: Certificate | None = None,
    **changes: Any,
) -> Activation:
    """An activation for the power-control xApp, over all cells of its envelope.

    Args:
        node: that it is for.
        envelope: around the powers in force.
        site: whose keys sign.
        objective: of the xApp.
        after: the action that it follows; without one no actuator admits it.
        changes: of the plan.
    """
    plan = ActivationPlan(**{**_plan_values(node, envelope, objective, after), **changes})
    now = Clock().now()
    return Activation(
        activation_id=secrets.token_hex(16),
        trace_id=_TRACE,
        plan=plan,
        verdict_digest=_NOTHING,
        policy_digest=_NOTHING if after is None else after.policy_digest,
        scenario_digest=node.scenario_digest,
        calibration_digest=_NOTHING,
        approval=_approved(site, plan.digest),
        issued_at=now,
        expires_at=now.wall_time + timedelta(seconds=plan.validity_s),
    )


def signed(activation: Activation, site: Site) -> SignedEnvelope:
    """The activation as the verifier signs it."""
    return sign(activation, ACTIVATION_PAYLOAD_TYPE, load_signer(site, "verifier"))


def signed_certificate(certificate: Certificate, site: Site) -> SignedEnvelope:
    """The certificate as the verifier signs it."""
    return sign(certificate, CERTIFICATE_PAYLOAD_TYPE, load_signer(site, "verifier"))


def _plan_values(
    node: NodeInfo,
    envelope: tuple[PowerVariable, ...],
    objective: Objective,
    after: Certificate | None,
) -> dict[str, Any]:
    cells = tuple(v.cell_id for v in envelope)
    values: dict[str, Any] = {
        "certificate_id": secrets.token_hex(16),
        "snapshot_digest": _NOTHING,
        "node_name": node.node_name,
        "holder": POWER_CONTROL,
        "objective": objective,
        "objective_cells": cells,
        "envelope": envelope,
        "max_total_power_mw": sum(v.current_mw for v in envelope),
        "promises": (_promise(_throughput_of(cells), "intent", 1.0),),
        "thresholds": Thresholds(**POLICY["thresholds"]),
        "least_interval_ms": POLICY["activation"]["least_interval_ms"],
        "watch_window_ms": POLICY["activation"]["watch_window_ms"],
        "priority": 50,
        "validity_s": POLICY["activation"]["max_validity_s"],
    }
    if after is not None:
        baseline, thresholds = after.baseline, after.watch.thresholds
        values["certificate_id"] = after.certificate_id
        values["snapshot_digest"] = baseline.digest
        values["promises"] = tuple(
            _promise(
                r.requirement,
                r.origin,
                measure_kpi(r.requirement.kpi, r.requirement.cells, baseline, baseline, thresholds),
            )
            for r in after.watch.requirements
            if r.origin != "intent"  # less power of one cell, which moves may take back
        )
    return values


def _promise(requirement: Requirement, origin: str, before: float) -> Promise:
    return Promise(requirement=requirement, origin=origin, before_in_kpi_unit=before)


def _throughput_of(cells: tuple[int, ...]) -> Requirement:
    return Requirement(
        kpi=Kpi.UE_THP_DL_MEAN,
        cells=cells,
        condition=Condition.AT_LEAST,
        bound=_LEAST_THROUGHPUT,
    )


def _requirements(
    change: ParameterChange, snapshot: NetworkSnapshot
) -> tuple[SourcedRequirement, ...]:
    less = Requirement(
        kpi=Kpi.TX_POWER_TOTAL,
        cells=(change.cell_id,),
        condition=Condition.AT_MOST,
        bound=RelativeChange(change_percent=0.0),
    )
    covered = Requirement(
        kpi=Kpi.COVERAGE_LOSS_RATIO,
        cells=snapshot.cell_ids,
        condition=Condition.AT_MOST,
        bound=RatioBound(threshold_percent=0),
    )
    serving = sorted({u.serving_cell for u in snapshot.ues})
    return (
        SourcedRequirement(requirement=less, origin="intent"),
        SourcedRequirement(requirement=covered, origin="guard_rail:no_coverage_loss"),
        *(
            SourcedRequirement(
                requirement=_throughput_of((c,)), origin="guard_rail:cell_throughput"
            )
            for c in serving
        ),
    )


def _forecast(
    plan: ActionPlan, requirements: Sequence[SourcedRequirement], policy: Policy
) -> EffectForecast:
    """One stage, of which anything is foreseen: no plant is judged by it."""
    anything = tuple(
        KpiForecast(kpi=r.requirement.kpi, cells=r.requirement.cells, low=-1e9, high=1e9)
        for r in requirements
    )
    window_ms = policy.certificate.watch_window_ms
    return EffectForecast(
        stages=(Stage(changes=plan.changes, window_ms=window_ms, forecasts=anything),),
        false_alarm_probability=policy.forecast.false_alarm_probability,
        outcomes=1,
        half_widths=1.0,
        conditional_on="nothing: the intervals are as wide as can be",
    )


def _approved(site: Site, plan_digest: str) -> SignedEnvelope:
    approval = Approval(
        trace_id=_TRACE,
        plan_digest=plan_digest,
        verdict_digest=_NOTHING,
        decision="approved",
        risk_class="low",
        approved_by=_NAME,
        decided_at=Clock().now(),
    )
    return sign(approval, APPROVAL_PAYLOAD_TYPE, load_signer(site, "approver"))
