"""The papers of a plan: everything that a verdict rests on."""

from dataclasses import dataclass

from contracts.action import ActionPlan
from contracts.canonical import Digest
from contracts.gap import GapRecord
from contracts.intent import Intent
from contracts.network import NetworkSnapshot
from contracts.policy import Policy
from contracts.problem import Problem
from twins.scenario import Scenario


@dataclass(frozen=True)
class Papers:
    """Intent, problem and plan from the planner; policy, scenario and twin are the verifier's own.

    ``calibration_digest`` names the calibration certificate of the twin. ``gap`` holds outcomes on
    plants that the twin was compared with; a policy may do without.
    """

    intent: Intent
    problem: Problem
    plan: ActionPlan
    snapshot: NetworkSnapshot
    policy: Policy
    scenario: Scenario
    calibration_digest: Digest
    gap: GapRecord | None = None
