"""The rules that the processes keep; the model can drop each, and so shows what it is for."""

from enum import StrEnum


class Rule(StrEnum):
    """One check or one order of steps in the code."""

    APPROVER_WANTS_A_PASSED_VERDICT = "the approver signs for plans whose verdict passed"
    DECISIONS_STAND = "the first decision on a plan stands, also over a restart"
    VERIFIER_WANTS_A_PASSED_VERDICT = "the verifier certifies plans whose verdict passed"
    VERIFIER_WANTS_AN_APPROVAL = "the verifier certifies what was approved, not denied"
    VERIFIER_COMPARES_PAPERS = "the verifier certifies the plan that the approval names"
    STANDING_CERTIFICATE = "the verifier answers with the certificate that stands in the ledger"
    ACTUATOR_WANTS_AN_APPROVAL = "the actuator refuses a denial"
    ACTUATOR_COMPARES_PAPERS = "the actuator refuses an approval of another plan"
    EXPIRY = "the actuator refuses an expired certificate"
    EXPIRY_AGAIN = "the papers are checked again after the fresh KPIs"
    USED = "a certificate is taken once"
    PLAN_USED = "a plan is carried out once"
    NODE_NAME = "a certificate acts on the life of the node that it was made for"
    STALE_PLAN = "a plan acts on the version that it was made on"
    ONE_AT_A_TIME = "no action begins while another one is open"
    LOG_BEFORE_SEND = "the ledger holds control_sent before the control leaves"
    JOURNAL_BEFORE_SEND = "the journal holds the action before the control leaves"
    JOURNAL_DURABLE = "what the journal wrote survives the actuator"
    NEVER_RESENT = "recovery does not send the action again"
    FENCE_WHEN_LOST = "a control without an answer is fenced off"
    FENCE_AT_RECOVERY = "recovery fences off the control that may be under way"
    WAY_BACK_OVERTAKES = "the way back ends on a later version than the control was made for"
    OVERTAKES_THE_NEWEST = "that is the version of the newest stage's control"
    FENCE_READ_BACK = "an acknowledged fence is read back: the version must have moved"
    WAY_BACK_JOURNALED = "the way back is in the journal before it is taken"
    READ_BACK = "an acknowledgement is read back"
    WATCH = "an effect is measured before it counts"
    EACH_STAGE_IS_JUDGED = "a stage is measured and judged good before the next one is sent"
    BOUND_TO_LAST_ACK = "a later stage is made for the version of the acknowledgement before it"
    LATER_STAGES_ARE_TAKEN_BACK = "an interrupted later stage is taken back, not settled"
    UNWATCHED_IS_TAKEN_BACK = "an action interrupted in the watch is taken back"
    FAILED_IS_TRIED_AGAIN = "what could not be taken back is tried again"
    FALLEN_BACK_IS_TRIED_AGAIN = "what fell back is tried again"
    FALL_BACK_READ_BACK = "the end of the fall-back is read back"
    OUTBOX_KEPT = "what the ledger did not confirm stays in the outbox"
    COMPARE_AND_SET = "the plant refuses a control for another version"
    PLANT_KNOWS_ITS_LIFE = "the plant refuses a control for an earlier life of the node"


Rules = frozenset[Rule]
ALL: Rules = frozenset(Rule)
