"""The model without one of its rules, or without two that guard the same: all must be caught."""

from dataclasses import dataclass

from benchmarks.protocol.checker import Exploration, explore
from benchmarks.protocol.rules import ALL, Rule

_BOUNDS = ((1, 1), (2, 0), (1, 2), (2, 1), (1, 3))
"""Plans and faults, the smallest space first."""


@dataclass(frozen=True)
class Mutant:
    """Rules that are dropped together."""

    name: str
    dropped: frozenset[Rule]

    def hunt(self) -> Exploration:
        """The first exploration that finds a violation, in growing bounds; else the last one."""
        for plans, faults in _BOUNDS:
            found = explore(plans, faults, ALL - self.dropped)
            if found.violation is not None:
                break
        return found


def _mutant(name: str, *dropped: Rule) -> Mutant:
    return Mutant(name, frozenset(dropped))


MUTANTS = (
    _mutant(
        "a failed verdict is approved and certified",
        Rule.APPROVER_WANTS_A_PASSED_VERDICT,
        Rule.VERIFIER_WANTS_A_PASSED_VERDICT,
    ),
    _mutant(
        "a denial is certified and accepted",
        Rule.VERIFIER_WANTS_AN_APPROVAL,
        Rule.ACTUATOR_WANTS_AN_APPROVAL,
    ),
    _mutant(
        "the approval is not bound to the plan",
        Rule.VERIFIER_COMPARES_PAPERS,
        Rule.ACTUATOR_COMPARES_PAPERS,
    ),
    _mutant("a denial is forgotten when the approver dies", Rule.DECISIONS_STAND),
    _mutant("two calls to certify, two certificates", Rule.STANDING_CERTIFICATE),
    _mutant("no expiry", Rule.EXPIRY),
    _mutant("expiry is checked before the fresh KPIs only", Rule.EXPIRY_AGAIN),
    _mutant("no set of used certificates", Rule.USED),
    _mutant("no set of used certificates and plans", Rule.USED, Rule.PLAN_USED),
    _mutant("a certificate outlives its node", Rule.NODE_NAME),
    _mutant("a stale plan is admitted", Rule.STALE_PLAN),
    _mutant("actions overlap", Rule.ONE_AT_A_TIME),
    _mutant("the ledger hears of the control after it was sent", Rule.LOG_BEFORE_SEND),
    _mutant("the journal is written after sending", Rule.JOURNAL_BEFORE_SEND),
    _mutant("the journal is not durable", Rule.JOURNAL_DURABLE),
    _mutant("recovery sends the action again", Rule.NEVER_RESENT),
    _mutant("no fence after a lost answer", Rule.FENCE_WHEN_LOST),
    _mutant("no fence at recovery", Rule.FENCE_AT_RECOVERY),
    _mutant("the fence's acknowledgement is believed", Rule.FENCE_READ_BACK),
    _mutant("the way back looks at values only", Rule.WAY_BACK_OVERTAKES),
    _mutant("settling goes back without the journal", Rule.WAY_BACK_JOURNALED),
    _mutant("an acknowledgement is an effect", Rule.READ_BACK, Rule.WATCH),
    _mutant("the effect is not measured", Rule.WATCH),
    _mutant("a stage is not judged before the next", Rule.EACH_STAGE_IS_JUDGED),
    _mutant("a later stage takes any version", Rule.BOUND_TO_LAST_ACK),
    _mutant("the way back overtakes the first stage only", Rule.OVERTAKES_THE_NEWEST),
    _mutant("an interrupted later stage is settled", Rule.LATER_STAGES_ARE_TAKEN_BACK),
    _mutant("the fall-back believes acknowledgements", Rule.FALL_BACK_READ_BACK),
    _mutant("what fell back is left as it is", Rule.FALLEN_BACK_IS_TRIED_AGAIN),
    _mutant("an interrupted watch counts as fulfilled", Rule.UNWATCHED_IS_TAKEN_BACK),
    _mutant("what failed is left as it is", Rule.FAILED_IS_TRIED_AGAIN),
    _mutant("the outbox forgets what the ledger missed", Rule.OUTBOX_KEPT),
    _mutant("the plant does not compare versions", Rule.COMPARE_AND_SET),
    _mutant("the plant takes controls for an earlier life", Rule.PLANT_KNOWS_ITS_LIFE),
)

REDUNDANT = tuple(
    Mutant(rule.value, frozenset([rule]))
    for mutant in MUTANTS
    if len(mutant.dropped) == 2
    for rule in sorted(mutant.dropped)
    if not any(m.dropped == frozenset([rule]) for m in MUTANTS)
)
"""Each of two rules that guard the same, dropped alone: the other one must hold."""
