"""How risky a plan is: the approver decides by it, the actuator checks it again."""

import math

from contracts.action import ActionPlan, ParameterChange
from contracts.policy import ActivationRules, ApprovalRules
from contracts.verdict import RiskClass

AUTOMATIC_PREFIX = "policy:"
"""``approved_by`` of an automatic approval starts so; no person may use the name."""


def within_step(change: ParameterChange, max_step_db: float) -> bool:
    """Whether a power changes by at most so many dB; limits are rounded to whole milliwatts."""
    if change.from_mw <= 0 or change.to_mw <= 0:
        return False
    factor: float = 10.0 ** (max_step_db / 10.0)
    lowest, highest = change.from_mw / factor, change.from_mw * factor
    return math.floor(lowest) <= change.to_mw <= math.ceil(highest)


def risk_class(plan: ActionPlan, rules: ApprovalRules) -> RiskClass:
    """``low`` when the policy lets it pass without a person, by cells and step sizes."""
    few = len(plan.changes) <= rules.automatic_up_to_changed_cells
    small = all(within_step(c, rules.automatic_up_to_step_db) for c in plan.changes)
    return "low" if few and small else "high"


def activation_risk_class(rules: ActivationRules) -> RiskClass:
    """Of any activation: ``high``, unless the policy lets them pass without a person."""
    return "low" if rules.automatic else "high"
