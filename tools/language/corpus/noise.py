"""Slips of the pen: letters swapped, left out, doubled; capitals and marks lost."""

from dataclasses import replace
from random import Random

from tools.language.corpus.sample import Sample
from tools.language.marks import Role

_TOUCHED = frozenset({Role.KPI, Role.HOLD, Role.VAGUE, Role.PLANTED, Role.AREA, Role.UE_GROUP})
"""Roles whose words may be misspelt; numbers, units, times and short names are left."""
_SHORTEST = 5


def noisy(sample: Sample, random: Random, share: float = 0.2) -> Sample:
    """The same sample with slips in about a share of its long words; its marks moved along."""
    edits = _edits(sample, random, share)
    if not edits:
        return sample
    letters = list(sample.sentence)
    for at, written in edits.items():
        letters[at] = written
    ends = [0]
    for written in letters:
        ends.append(ends[-1] + len(written))
    marks = tuple(replace(m, start=ends[m.start], end=ends[m.end]) for m in sample.marks.marks)
    return replace(sample, sentence="".join(letters), marks=replace(sample.marks, marks=marks))


def _edits(sample: Sample, random: Random, share: float) -> dict[int, str]:
    """What replaces which character."""
    kept = [(m.start, m.end) for m in sample.marks.marks if m.role not in _TOUCHED]
    text, found, at = sample.sentence, dict[int, str](), 0
    for word in text.split(" "):
        start, at = at, at + len(word) + 1
        covered = any(start < end and begin < start + len(word) for begin, end in kept)
        if covered or len(word) < _SHORTEST or not word.isalpha() or random.random() > share:
            continue
        inner = random.randrange(start + 1, start + len(word) - 2)
        kind = random.choice(("swap", "drop", "double"))
        if kind == "swap":
            found[inner], found[inner + 1] = text[inner + 1], text[inner]
        else:
            found[inner] = "" if kind == "drop" else 2 * text[inner]
    return found
