"""The embedded reader: marks by a model, meaning by code."""

from dataclasses import dataclass
from typing import Protocol

from agents.reader.clause import ReadingError
from agents.reader.embedded.conversation import answer
from agents.reader.embedded.decode import Marked
from agents.reader.phrases import clean
from contracts.conversation import Answer, Turn
from contracts.directory import Directory
from contracts.intent import Clarification, Refusal
from tools.language.marks import Act, Marks, Role

_REMEDIES = {
    "intent.unknown_object": "Use a name of the network's directory.",
    "intent.infeasible": "Ask for a value that the KPI can have.",
    "intent.contradictory": "Drop one of the two.",
}


class Tagger(Protocol):
    """The model: it marks, and says nothing else."""

    def mark(self, sentence: str) -> Marks:
        """What stands where in a sentence."""
        ...


@dataclass(frozen=True)
class Understanding:
    """What a sentence means, and whether it holds instructions that were not followed."""

    answer: Answer
    planted: bool = False


class EmbeddedReader:
    """Reads sentences with a tagger.

    Args:
        tagger: marks spans and classes.
        least_certainty: of its marks; a sentence marked with less is asked about. More certainty
            excuses no check.
    """

    def __init__(self, tagger: Tagger, least_certainty: float = 0.0) -> None:
        self._tagger, self._least_certainty = tagger, least_certainty

    def read(
        self, sentence: str, directory: Directory, history: tuple[Turn, ...] = ()
    ) -> Understanding:
        """What a sentence means in this network, after these turns; never raises for its words."""
        try:
            text = clean(sentence)
            marks = self._tagger.mark(text)
        except ReadingError as found:
            return Understanding(_answer_of(found))
        return understand(Marked(text, marks, directory, history), self._least_certainty)


def understand(marked: Marked, least_certainty: float = 0.0) -> Understanding:
    """What code makes of a model's marks."""
    marks = marked.marks
    planted = marks.act is Act.ATTACK or any(m.role is Role.PLANTED for m in marks.marks)
    try:
        if marks.certainty < least_certainty:
            raise ReadingError("intent.unsure", "I am not sure what you mean.", ("reference",))
        return Understanding(answer(marked), planted)
    except ReadingError as found:
        return Understanding(_answer_of(found), planted)


def _answer_of(found: ReadingError) -> Clarification | Refusal:
    if found.missing:
        return Clarification(code=found.code, question=found.text, missing=found.missing)
    remedy = _REMEDIES.get(found.code, "Say it in other words.")
    return Refusal(code=found.code, reason=found.text, remedy=remedy)
