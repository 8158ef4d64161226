"""The embedded reader: a closed grammar. Every word is understood, or the sentence is refused."""

from agents.reader.assemble import answer, assemble
from agents.reader.clause import ReadingError
from agents.reader.clauses import build
from agents.reader.phrases import clean, parse
from agents.reader.result import ReadingResult
from contracts.intent import Reading


class GrammarReader:
    """Reads sentences without any model; the same sentence always has the same reading."""

    @property
    def name(self) -> str:
        """Name and version of the reader, as the trace records it."""
        return "grammar-1"

    def examine(self, sentence: str, cells: tuple[int, ...]) -> ReadingResult:
        """As :meth:`read`, in the form that the trace records."""
        return ReadingResult(reader=self.name, draft=None, reading=self.read(sentence, cells))

    def read(self, sentence: str, cells: tuple[int, ...]) -> Reading:
        """What the sentence asks of the network with these cells; never raises."""
        try:
            clauses = build(parse(clean(sentence)))
        except ReadingError as found:
            return answer(found)
        return assemble(sentence, clauses, cells)
