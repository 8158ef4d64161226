"""Reading sentences: an operator's words become a typed intent, a question, or a refusal."""

from typing import Protocol

from agents.reader.grammar import GrammarReader
from contracts.intent import Reading

__all__ = ["GrammarReader", "Reader"]


class Reader(Protocol):
    """A language model behind its typed face: it gives meaning, never numbers."""

    @property
    def name(self) -> str:
        """Which reader and model answered; the trace records it."""
        ...

    def read(self, sentence: str, cells: tuple[int, ...]) -> Reading:
        """What the sentence asks of the network with these cells; never raises for its words."""
        ...
