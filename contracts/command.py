"""What an operator says about earlier intents: nothing new is asked of the network."""

from typing import Literal, Self

from pydantic import model_validator

from contracts.canonical import Contract
from contracts.intent import Intent

CommandName = Literal["undo", "cancel", "explain_refusal", "explain_choice", "status", "what_if"]


class Command(Contract):
    """``undo`` and ``cancel`` alone change a thing; ``what_if`` asks about an intent.

    Raises:
        ValueError: an intent without ``what_if``, or ``what_if`` without one.
    """

    kind: Literal["command"] = "command"
    command: CommandName
    what_if: Intent | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.command == "what_if") is not (self.what_if is not None):
            raise ValueError("what_if asks about an intent, and nothing else does")
        return self
