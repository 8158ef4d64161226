"""The labels of every made sentence decode to exactly its intent."""

from math import isclose

import pytest

from agents.reader.embedded.decode import Marked
from agents.reader.embedded.reader import understand
from contracts.conversation import Answer
from contracts.intent import Clarification, Intent, Refusal
from tools.language.corpus.sample import Sample
from tools.language.corpus.stream import sample


@pytest.mark.parametrize("start", range(0, 3000, 500))
def test_labels_decode_to_the_intent_of_the_sentence(start: int) -> None:
    wrong = [s for s in (sample(0, n) for n in range(start, start + 500)) if not decodes(s)]
    assert not wrong, [(s.kind, s.sentence) for s in wrong[:3]]


def decodes(s: Sample) -> bool:
    found = understand(Marked(s.sentence, s.marks, s.directory, s.history))
    return same(found.answer, s.answer)


def same(one: Answer, other: Answer) -> bool:
    match one, other:
        case Intent(), Intent():
            left, right = (i.model_dump(exclude={"user_label"}) for i in (one, other))
            return equal(left, right)
        case Clarification(), Clarification():
            return set(one.missing) == set(other.missing)
        case Refusal(), Refusal():
            return one.code == other.code
    return type(one) is type(other) and equal(strip(one.model_dump()), strip(other.model_dump()))


def strip(value: object) -> object:
    if isinstance(value, dict):
        return {k: strip(v) for k, v in value.items() if k != "user_label"}
    return value


def equal(one: object, other: object) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(v, other[k]) for k, v in one.items())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return isclose(one, other, rel_tol=1e-9)
    return one == other
