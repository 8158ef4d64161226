"""The papers of a plan: everything that a verdict rests on."""

from dataclasses import dataclass

from contracts.action import ActionPlan
from contracts.intent import Intent
from contracts.network import NetworkSnapshot
from contracts.policy import Policy
from contracts.problem import Problem
from twins.scenario import Scenario


@dataclass(frozen=True)
class Papers:
    """Intent, problem and plan from the planner; policy and scenario are the verifier's own."""

    intent: Intent
    problem: Problem
    plan: ActionPlan
    snapshot: NetworkSnapshot
    policy: Policy
    scenario: Scenario
