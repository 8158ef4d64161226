"""Reading sentences: an operator's words become a typed intent, a question, or a refusal."""

from typing import Protocol

from agents.reader.grammar import GrammarReader
from agents.reader.result import ReadingResult
from agents.reader.typed import TypedReader
from contracts.intent import Reading

__all__ = ["GrammarReader", "Reader", "ReadingResult", "TypedReader", "read_again"]


class Reader(Protocol):
    """A language model behind its typed face: it gives meaning, never numbers."""

    @property
    def name(self) -> str:
        """Which reader and model answered; the trace records it."""
        ...

    def read(self, sentence: str, cells: tuple[int, ...]) -> Reading:
        """What the sentence asks of the network with these cells; never raises for its words."""
        ...

    def examine(self, sentence: str, cells: tuple[int, ...]) -> ReadingResult:
        """As :meth:`read`, with what the reading was made from."""
        ...


def read_again(recorded: ReadingResult, sentence: str, cells: tuple[int, ...]) -> ReadingResult:
    """Repeat a reading from its record.

    A model's answer is an input: what is repeated is everything that code made of it. Where no
    answer could be used, there is nothing to repeat.
    """
    if recorded.reader == GrammarReader().name:
        return GrammarReader().examine(sentence, cells)
    if recorded.draft is None:
        return recorded
    from agents.reader.chat import interpret

    reading = interpret(recorded.draft, sentence, cells)
    return recorded.model_copy(update={"reading": reading})
