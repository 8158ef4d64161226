"""Papers of the model's plans, in real signatures: what a planner may hold."""

from dataclasses import dataclass
from typing import Any

from contracts.action import ActionPlan, ParameterChange
from contracts.dsse import SignedEnvelope, sign, unverified_payload
from contracts.e2.ccc.control import CELL_STYLE, ControlHeader
from contracts.e2.credential import seal
from contracts.e2.node_configuration import powers_message
from contracts.keys import load_signer
from contracts.kpi import Kpi
from contracts.plant_link import Observation
from contracts.problem import Objective, PowerVariable, Problem, SourcedRequirement
from contracts.requirement import Condition, RelativeChange, Requirement
from contracts.stages import EffectForecast, KpiForecast, Stage
from contracts.verdict import VERDICT_PAYLOAD_TYPE, Verdict
from tests.protocol.parts import CELLS, SCENARIO, VALUES_MW, Parts
from tests.protocol.wire_e2 import Octets
from twins.calibration.certificate import load_certificate

_RAIL_CELLS = SCENARIO.cell_ids
_DOMAIN_MW = (25_238, 40_000)
OTHER = "sha256:" + "e" * 64


@dataclass(frozen=True)
class Papers:
    """One plan with everything that belongs to it."""

    problem: Problem
    plan: ActionPlan
    snapshot: dict[str, Any]
    verdict: dict[str, Any]
    verdict_digest: str
    trace_id: str


def make_papers(parts: Parts, number: int, passed: bool, reachable: tuple[bool, ...]) -> Papers:
    """Observe the real plant, and plan on it.

    Args:
        parts: the processes.
        number: of the plan in the model.
        passed: what the verdict says.
        reachable: whether each stage will be measured to be as foreseen.
    """
    answer = parts.handle("actuator", "observe", {"reports": 1, "period_ms": 200}, lambda _: None)
    snapshot = Observation.parse(
        unverified_payload(SignedEnvelope.model_validate(answer["snapshot"]))
    ).snapshot
    present_mw, to_mw = snapshot.tx_power_mw, VALUES_MW[number + 1]
    problem = Problem(
        intent_digest=OTHER,
        snapshot_digest=snapshot.digest,
        policy_digest=parts.policy.digest,
        objective=Objective.MIN_POWER,
        objective_cells=CELLS,
        variables=tuple(
            PowerVariable(
                cell_id=cell,
                current_mw=present_mw[cell],
                lower_mw=_DOMAIN_MW[0],
                upper_mw=_DOMAIN_MW[1],
                step_db=SCENARIO.equipment.configured_max_tx_power.step_db,
                equipment_max_mw=SCENARIO.equipment.configured_max_tx_power.max_mw,
            )
            for cell in CELLS
        ),
        requirements=(
            _requirement("intent", CELLS, 200.0),
            _requirement("guard_rail:power", _RAIL_CELLS, 100.0),
        ),
        thresholds=parts.policy.thresholds,
    )
    plan = ActionPlan(
        problem_digest=problem.digest,
        snapshot_digest=snapshot.digest,
        resource_version=snapshot.resource_version,
        changes=tuple(
            ParameterChange(cell_id=c, from_mw=present_mw[c], to_mw=to_mw) for c in CELLS
        ),
    )
    verdict = Verdict(
        plan_digest=plan.digest,
        problem_digest=problem.digest,
        snapshot_digest=snapshot.digest,
        policy_digest=parts.policy.digest,
        scenario_digest=snapshot.scenario_digest,
        calibration_digest=load_certificate().digest,
        attempt=1,
        passed=passed,
        checks=(),
        forecast=_forecast(plan, problem, reachable),
        seed=0,
    )
    signed = sign(verdict, VERDICT_PAYLOAD_TYPE, load_signer(parts.site, "verifier"))
    return Papers(
        problem=problem,
        plan=plan,
        snapshot=answer["snapshot"],
        verdict=signed.model_dump(mode="json"),
        verdict_digest=verdict.digest,
        trace_id=f"trace-{number}",
    )


def _forecast(plan: ActionPlan, problem: Problem, reachable: tuple[bool, ...]) -> EffectForecast:
    """A stage for each cell; what cannot be reached foresees what is never measured."""
    stages = []
    for change, as_foreseen in zip(plan.changes, reachable, strict=True):
        high = 1e9 if as_foreseen else -1.0
        foreseen = (
            KpiForecast(kpi=s.requirement.kpi, cells=s.requirement.cells, low=-1e9, high=high)
            for s in problem.requirements
        )
        stages.append(Stage(changes=(change,), window_ms=200, forecasts=tuple(foreseen)))
    return EffectForecast(
        stages=tuple(stages),
        false_alarm_probability=0.02,
        outcomes=49,
        half_widths=2.0,
        conditional_on="tests",
    )


def _requirement(origin: str, cells: tuple[int, ...], change_percent: float) -> SourcedRequirement:
    return SourcedRequirement(
        requirement=Requirement(
            kpi=Kpi.TX_POWER_TOTAL,
            cells=cells,
            condition=Condition.AT_MOST,
            bound=RelativeChange(change_percent=change_percent),
        ),
        origin=origin,
    )


def foreign_control(parts: Parts) -> Octets:
    """A lawful control that no certificate is behind: somebody else's."""
    node = parts.node()
    present = next(c for c in node.cells if c.cell_id == CELLS[0])
    change = ParameterChange(
        cell_id=CELLS[0], from_mw=present.configured_max_tx_power_mw, to_mw=VALUES_MW[9]
    )
    header = ControlHeader.of(CELL_STYLE).encode()
    message = powers_message(node, node.resource_version, (change,)).encode()
    signer = load_signer(parts.site, "actuator")
    return Octets(header, message, seal(node.node_name, "somebody", header, message, signer))
