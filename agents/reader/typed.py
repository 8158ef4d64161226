"""An intent that somebody typed already: nothing is left to read."""

from agents.reader.assemble import answer, check_bounds
from agents.reader.clause import ReadingError
from agents.reader.result import ReadingResult
from contracts.errors import RanwrightError
from contracts.intent import Intent, Reading, Refusal
from contracts.requirement import format_cells


class TypedReader:
    """Takes an intent as it is, once its cells are known to exist.

    Args:
        intent: what to answer, whatever the sentence.
    """

    name = "typed-1"

    def __init__(self, intent: Intent) -> None:
        self._intent = intent

    def read(self, sentence: str, cells: tuple[int, ...]) -> Reading:
        """The intent; a refusal where it names a cell that the network does not have."""
        named = {c for e in self._intent.intent_expectations for c in e.expectation_object.cells}
        unknown = tuple(sorted(named.difference(cells)))
        if not unknown:
            return self._consistent()
        return Refusal(
            code="intent.unknown_cell",
            reason=f"There is no cell {format_cells(unknown[:20])} here.",
            remedy=f"The network has cells {format_cells(tuple(sorted(cells)))}.",
        )

    def _consistent(self) -> Reading:
        try:
            check_bounds(self._intent.requirements)
        except ReadingError as found:
            return answer(found)
        except RanwrightError:  # what is not measured is told when the intent is planned
            return self._intent
        return self._intent

    def examine(self, sentence: str, cells: tuple[int, ...]) -> ReadingResult:
        """As :meth:`read`, in the form that the trace records."""
        return ReadingResult(reader=self.name, draft=None, reading=self.read(sentence, cells))
