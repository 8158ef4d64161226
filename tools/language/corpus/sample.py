"""A made sentence with its labels, its network and its right answer."""

from dataclasses import dataclass
from random import Random

from contracts.conversation import Answer, Turn
from contracts.directory import Directory
from contracts.intent import Clarification, Intent, IntentExpectation, Refusal
from contracts.time_window import TimeWindow
from tools.language.corpus.kpis import Language
from tools.language.corpus.places import network
from tools.language.corpus.writer import Writer
from tools.language.marks import Act, Marks


@dataclass(frozen=True)
class Sample:
    """One sentence.

    Attributes:
        kind: of sentence, for statistics.
        answer: the one that is right; label, question and reason are without meaning in it.
        planted: whether it holds instructions that are not the speaker's.
    """

    kind: str
    sentence: str
    marks: Marks
    directory: Directory
    answer: Answer
    history: tuple[Turn, ...] = ()
    planted: bool = False


@dataclass(frozen=True)
class Draw:
    """What one sentence is drawn from."""

    random: Random
    language: Language
    directory: Directory

    @classmethod
    def of(cls, random: Random) -> "Draw":
        """A language and a network."""
        return cls(random, "de" if random.random() < 0.22 else "en", network(random))

    def sample(
        self,
        kind: str,
        writer: Writer,
        answer: Answer,
        act: Act = Act.WISH,
        history: tuple[Turn, ...] = (),
        planted: bool = False,
    ) -> Sample:
        """What was written, with its answer."""
        marks = Marks(act, tuple(writer.marks), frozenset(writer.links))
        return Sample(kind, writer.text, marks, self.directory, answer, history, planted)


def asked(
    expectations: list[IntentExpectation],
    window: TimeWindow | None = None,
    priority: int | None = None,
) -> Intent:
    """An intent with these expectations."""
    return Intent(
        user_label="-",
        intent_priority=priority or 1,
        intent_expectations=tuple(expectations),
        time_window=window,
    )


def question(*missing: str) -> Clarification:
    """That something is missing."""
    return Clarification(code="-", question="-", missing=missing)


def refusal(code: str) -> Refusal:
    """That it cannot be served."""
    return Refusal(code=code, reason="-", remedy="-")
