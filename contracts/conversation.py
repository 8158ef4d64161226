"""What was said before, and what became of it."""

from typing import Literal

from contracts.canonical import Contract
from contracts.command import Command
from contracts.intent import Clarification, Intent, Refusal

Answer = Intent | Clarification | Refusal | Command
"""What a sentence of a conversation means."""

Progress = Literal["fulfilled", "under_way", "waiting", "asked", "refused", "failed"]


class Turn(Contract):
    """An earlier sentence's answer; the sentence stands in the intent."""

    answer: Answer
    progress: Progress
