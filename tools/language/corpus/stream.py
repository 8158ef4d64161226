"""The corpus: every sentence follows from a seed and its number."""

from collections.abc import Callable
from random import Random

from tools.language.corpus.followups import followup
from tools.language.corpus.noise import noisy
from tools.language.corpus.others import attack, elsewhere, planted, talk
from tools.language.corpus.sample import Draw, Sample
from tools.language.corpus.sentences import (
    contradiction,
    impossible,
    two_places,
    unclear,
    unknown,
    what_if,
    wish,
)
from twins.runtime import derive_seed

KINDS: tuple[tuple[Callable[[Draw], Sample], float], ...] = (
    (wish, 46.0),
    (two_places, 3.0),
    (unclear, 12.0),
    (impossible, 3.0),
    (contradiction, 2.0),
    (unknown, 2.0),
    (what_if, 2.0),
    (planted, 9.0),
    (attack, 5.0),
    (elsewhere, 6.0),
    (talk, 4.0),
    (followup, 6.0),
)
"""Kinds of sentences and their weights."""

_NOISY = 0.15


def sample(seed: int, number: int, part: str = "training") -> Sample:
    """One sentence of a stream.

    Args:
        seed: of the stream.
        number: of the sentence.
        part: ``training`` or ``validation``; streams of other parts have nothing in common.
    """
    random = Random(derive_seed("language", "corpus", part, seed, number))
    kinds, weights = zip(*KINDS, strict=True)
    make: Callable[[Draw], Sample] = random.choices(kinds, weights)[0]
    found = make(Draw.of(random))
    return noisy(found, random) if random.random() < _NOISY else found
