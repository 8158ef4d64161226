"""Intents after TS 28.312: expectations with typed targets, or what a reader answers instead."""

from typing import Annotated, Literal, Self

from pydantic import Field

from contracts.canonical import Contract
from contracts.errors import ExitCode, RanwrightError
from contracts.measurable import asked, requirements_of
from contracts.requirement import Requirement
from contracts.scope import Scope
from contracts.target import Target
from contracts.time_window import TimeWindow

Verb = Literal["DELIVER", "ENSURE"]


class IntentExpectation(Contract):
    """One expectation (TS 28.312 ``IntentExpectation``) on a RAN subnetwork, or on part of it.

    ``DELIVER`` asks for a change, ``ENSURE`` for something that must stay true meanwhile.
    """

    expectation_verb: Verb
    expectation_object_type: Literal["RAN_SUBNETWORK"] = "RAN_SUBNETWORK"
    expectation_object: Scope
    expectation_targets: tuple[Target, ...] = Field(min_length=1)

    def describe(self) -> str:
        """In one line, for people."""
        targets = ", ".join(target.describe() for target in self.expectation_targets)
        return f"{self.expectation_verb} {targets} in {self.expectation_object.describe()}"

    @classmethod
    def of(cls, verb: Verb, requirement: Requirement) -> Self:
        """The expectation that a requirement measures."""
        return cls(
            expectation_verb=verb,
            expectation_object=Scope(cells=requirement.cells),
            expectation_targets=(asked(requirement),),
        )


class Intent(Contract):
    """What the operator wants (TS 28.312 ``Intent``)."""

    kind: Literal["intent"] = "intent"
    user_label: str = Field(min_length=1, max_length=2000, description="the sentence, unchanged")
    intent_priority: int = Field(default=1, ge=1, le=100)
    intent_expectations: tuple[IntentExpectation, ...] = Field(min_length=1)
    time_window: TimeWindow | None = Field(default=None, description="None: from now on")

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """What has to be measured for all targets of all expectations, in order.

        Raises:
            RanwrightError: ``intent.not_measured``, as :func:`requirements_of`; ``intent.not_now``
                where a time window is asked for, since nothing waits for it.
        """
        if self.time_window is not None:
            raise RanwrightError(
                "intent.not_now",
                "A time window is asked for, and what is planned is carried out at once.",
                "Say it without a time, when the time has come.",
                ExitCode.INFEASIBLE,
            )
        return tuple(
            requirement
            for e in self.intent_expectations
            for target in e.expectation_targets
            for requirement in requirements_of(target, e.expectation_object)
        )


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
