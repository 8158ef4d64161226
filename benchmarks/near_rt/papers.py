"""Activations for networks that no planner has seen."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from contracts.activation import (
    ACTIVATION_PAYLOAD_TYPE,
    Activation,
    ActivationPlan,
    Holder,
    Promise,
)
from contracts.canonical import digest_bytes
from contracts.certificate import APPROVAL_PAYLOAD_TYPE, Approval
from contracts.clock import Clock
from contracts.dsse import SignedEnvelope, sign
from contracts.keys import load_signer
from contracts.kpi import Kpi
from contracts.measure import Thresholds
from contracts.plant_link import NodeInfo
from contracts.problem import Objective, PowerVariable
from contracts.requirement import Condition, RelativeChange, Requirement
from contracts.site import Site

_NOTHING = digest_bytes(b"")
POWER_CONTROL = Holder(name="power-control", version="0.1.0", package_digest=_NOTHING)


def envelope_around(
    node: NodeInfo, cells: Sequence[int], grid_mw: Sequence[int], steps: int, step_db: float
) -> tuple[PowerVariable, ...]:
    """So many steps of the grid up and down around the powers in force."""
    present = {c.cell_id: c.configured_max_tx_power_mw for c in node.cells}
    variables = []
    for cell in sorted(cells):
        place = grid_mw.index(present[cell])
        variables.append(
            PowerVariable(
                cell_id=cell,
                current_mw=present[cell],
                lower_mw=grid_mw[max(0, place - steps)],
                upper_mw=grid_mw[min(len(grid_mw) - 1, place + steps)],
                step_db=step_db,
            )
        )
    return tuple(variables)


def activation_of(
    node: NodeInfo,
    envelope: tuple[PowerVariable, ...],
    site: Site,
    objective: Objective = Objective.PROPORTIONAL_FAIRNESS,
    **changes: Any,
) -> Activation:
    """An activation for the power-control xApp, over all cells of its envelope."""
    cells = tuple(v.cell_id for v in envelope)
    promise = Requirement(
        kpi=Kpi.UE_THP_DL_MEAN,
        cells=cells,
        condition=Condition.AT_LEAST,
        bound=RelativeChange(change_percent=-50.0),
    )
    values: dict[str, Any] = {
        "certificate_id": secrets.token_hex(16),
        "snapshot_digest": _NOTHING,
        "node_name": node.node_name,
        "holder": POWER_CONTROL,
        "objective": objective,
        "objective_cells": cells,
        "envelope": envelope,
        "max_total_power_mw": sum(v.current_mw for v in envelope),
        "promises": (Promise(requirement=promise, origin="intent", before_in_kpi_unit=1.0),),
        "thresholds": Thresholds(weak_rsrp_dbm=-110.0, low_sinr_db=-3.0),
        "least_interval_ms": 100,
        "watch_window_ms": 10_000,
        "priority": 50,
        "validity_s": 3_600,
    }
    plan = ActivationPlan(**{**values, **changes})
    now = Clock().now()
    approval = Approval(
        trace_id="near_rt",
        plan_digest=plan.digest,
        verdict_digest=_NOTHING,
        decision="approved",
        risk_class="low",
        approved_by="policy:near_rt",
        decided_at=now,
    )
    return Activation(
        activation_id=secrets.token_hex(16),
        trace_id="near_rt",
        plan=plan,
        verdict_digest=_NOTHING,
        policy_digest=_NOTHING,
        scenario_digest=node.scenario_digest,
        calibration_digest=_NOTHING,
        approval=sign(approval, APPROVAL_PAYLOAD_TYPE, load_signer(site, "approver")),
        issued_at=now,
        expires_at=now.wall_time + timedelta(seconds=plan.validity_s),
    )


def signed(activation: Activation, site: Site) -> SignedEnvelope:
    """The activation as the verifier signs it."""
    return sign(activation, ACTIVATION_PAYLOAD_TYPE, load_signer(site, "verifier"))
