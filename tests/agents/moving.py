"""Papers of an activation after a real action on a plant of the munich scenario."""

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

from agents.envelope import Proposal
from agents.formulate import formulate
from agents.verifier.activation.papers import ActivationPapers
from agents.verifier.stages import fallback
from contracts.action import ActionPlan
from contracts.activation import Activation, ActivationPlan, Holder
from contracts.certificate import Certificate, EffectWatch, Receipt
from contracts.dsse import EnvelopeSignature, SignedEnvelope
from contracts.intent import Intent
from contracts.kpi import Kpi
from contracts.network import NetworkSnapshot
from contracts.plant_link import Observation
from contracts.policy import Policy
from contracts.problem import Problem
from contracts.stages import EffectForecast, KpiForecast, Stage
from tests.agents.city import NOON, POLICY, demand, intent, one_step_down
from tests.agents.city import SCENARIO as MUNICH
from twins.plant import Plant

SCENARIO = MUNICH.model_copy(update={"ue_count": 24})
OTHER = "sha256:" + "1" * 64
NODE = "gnb-of-the-test"
HOLDER = Holder(name="power-control", version="1.0.0", package_digest=OTHER)
WINDOW_MS = POLICY.activation.watch_window_ms
UNSIGNED = SignedEnvelope(
    payload_type="", payload="", signatures=(EnvelopeSignature(keyid="", sig=""),)
)
"""Stands where a paper only carries an envelope on; nothing here reads it."""
FAIR = POLICY.model_copy(update={"guard_rails": POLICY.guard_rails[:1]})
"""Coverage alone is guarded: what else is kept, the intent says."""


@dataclass(frozen=True)
class Acted:
    """A plant before and after an action, and what was promised."""

    plant: Plant
    wanted: Intent
    problem: Problem
    certificate: Certificate
    receipt: Receipt
    now: NetworkSnapshot
    policy: Policy

    def papers(self, half_width_db: float, **changes) -> ActivationPapers:
        """Papers of the widest proposal that wide at most."""
        return self.papers_of(next(self.proposal().plans(half_width_db)), **changes)

    def proposal(self, **changes) -> Proposal:
        values = {
            "certificate": self.certificate,
            "problem": self.problem,
            "observation": Observation(node_name=NODE, snapshot=self.now),
            "policy": self.policy,
            "equipment": SCENARIO.equipment,
            "holder": HOLDER,
            "priority": 50,
            "validity_s": 300,
        }
        return Proposal(**values | changes)

    def papers_of(self, plan: ActivationPlan, **changes) -> ActivationPapers:
        made = ActivationPapers(
            plan=plan,
            certificate=self.certificate,
            receipt=self.receipt,
            observation=Observation(node_name=NODE, snapshot=self.now),
            beside=(),
            policy=self.policy,
            scenario=SCENARIO,
            calibration_digest=OTHER,
        )
        return replace(made, **changes)

    def activation(self, plan: ActivationPlan, number: int = 1) -> Activation:
        return Activation(
            activation_id=f"{number:032x}",
            trace_id="trace",
            plan=plan,
            verdict_digest=OTHER,
            policy_digest=self.policy.digest,
            scenario_digest=SCENARIO.digest,
            calibration_digest=OTHER,
            approval=UNSIGNED,
            issued_at=NOON,
            expires_at=NOON.wall_time + timedelta(seconds=300),
        )


@cache
def acted(change_percent: float, policy: Policy = FAIR, seed: int = 5) -> Acted:
    """One step down on cell 1, promising cell 1 so much of its mean throughput and no more power.

    Args:
        change_percent: what the mean throughput of cell 1 must change by at least.
    """
    plant = Plant(SCENARIO, seed)
    before = observed(plant)
    total = demand(Kpi.TX_POWER_TOTAL, before.cell_ids, "IS_EQUAL_TO_OR_LESS_THAN", 0)
    wanted = intent(demand(Kpi.UE_THP_DL_MEAN, (1,), change_percent=change_percent), total)
    problem = formulate(wanted, before, policy, SCENARIO.equipment)
    plan = one_step_down(problem, before, SCENARIO)
    plant.configure({c.cell_id: c.to_mw for c in plan.changes})
    now = observed(plant)
    certificate = certified(plan, problem, before, policy)
    receipt = Receipt(
        certificate_id=certificate.certificate_id,
        trace_id=certificate.trace_id,
        plan_digest=plan.digest,
        status="fulfilled",
        code="effect.confirmed",
        reason="",
        measured=now,
        finished_at=NOON,
    )
    return Acted(plant, wanted, problem, certificate, receipt, now, policy)


def observed(plant: Plant) -> NetworkSnapshot:
    reports = plant.observe(WINDOW_MS // 200, 200)
    return NetworkSnapshot.from_reports(SCENARIO.name, SCENARIO.digest, plant.cells, reports, NOON)


def certified(
    plan: ActionPlan, problem: Problem, before: NetworkSnapshot, policy: Policy
) -> Certificate:
    forecast = KpiForecast(kpi=Kpi.UE_THP_DL_MEAN, cells=(1,), low=0.0, high=1e6)
    stage = Stage(changes=plan.changes, window_ms=WINDOW_MS, forecasts=(forecast,))
    return Certificate(
        certificate_id=f"{7:032x}",
        trace_id="trace",
        plan=plan,
        envelope=tuple(v for v in problem.variables if v.cell_id == 1),
        baseline=before,
        node_name=NODE,
        verdict_digest=OTHER,
        policy_digest=policy.digest,
        scenario_digest=SCENARIO.digest,
        calibration_digest=OTHER,
        watch=EffectWatch(
            requirements=problem.requirements,
            thresholds=policy.thresholds,
            timing=policy.certificate,
            forecast=EffectForecast(
                stages=(stage,),
                false_alarm_probability=0.02,
                outcomes=1,
                half_widths=1.0,
                conditional_on="a test",
            ),
            fallback=fallback(plan, policy.stages),
        ),
        approval=UNSIGNED,
        issued_at=NOON,
        expires_at=NOON.wall_time + timedelta(seconds=300),
    )
