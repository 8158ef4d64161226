"""Intents after TS 28.312: expectations with typed targets, or what a reader answers instead."""

from typing import Annotated, Literal

from pydantic import Field

from contracts.canonical import Contract
from contracts.requirement import Requirement


class IntentExpectation(Contract):
    """One expectation (TS 28.312 ``IntentExpectation``) on a RAN subnetwork.

    ``DELIVER`` asks for a change, ``ENSURE`` for something that must stay true meanwhile.
    """

    expectation_verb: Literal["DELIVER", "ENSURE"]
    expectation_object_type: Literal["RAN_SUBNETWORK"] = "RAN_SUBNETWORK"
    expectation_targets: tuple[Requirement, ...] = Field(min_length=1)


class Intent(Contract):
    """What the operator wants (TS 28.312 ``Intent``)."""

    kind: Literal["intent"] = "intent"
    user_label: str = Field(min_length=1, max_length=2000, description="the sentence, unchanged")
    intent_priority: int = Field(default=1, ge=1, le=100)
    intent_expectations: tuple[IntentExpectation, ...] = Field(min_length=1)

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """All targets of all expectations, in order."""
        return tuple(t for e in self.intent_expectations for t in e.expectation_targets)


class Clarification(Contract):
    """The sentence lacks something; nothing is guessed."""

    kind: Literal["clarification"] = "clarification"
    code: str = Field(description="stable, e.g. intent.missing_amount")
    question: str
    missing: tuple[str, ...] = Field(min_length=1)


class Refusal(Contract):
    """The sentence cannot be served; why, and what would be."""

    kind: Literal["refusal"] = "refusal"
    code: str = Field(description="stable, e.g. intent.out_of_scope")
    reason: str
    remedy: str


Reading = Annotated[Intent | Clarification | Refusal, Field(discriminator="kind")]
"""What a reader makes of a sentence."""
