"""Words beside an amount that leave no doubt of the comparator, against what the model marked.

The list is short on purpose: a word that could be meant either way is not in it. Where words and
meaning disagree, the reader asks.
"""

import re

from agents.reader.clause import ReadingError
from tools.language.marks import Mark, Meaning

_LEAST = (
    r"at least|no less than|not less than|no fewer than|a minimum of|>=|≥|mindestens|nicht unter"
)
_MOST = r"at most|no more than|not more than|a maximum of|<=|≤|höchstens|nicht über|maximal"
_BEFORE_LEAST = re.compile(rf"(?:{_LEAST})\s*$", re.IGNORECASE)
_BEFORE_MOST = re.compile(rf"(?:{_MOST})\s*$", re.IGNORECASE)
_AFTER_LEAST = re.compile(r"\s*(?:or (?:more|higher|above|over)|oder mehr)\b", re.IGNORECASE)
_AFTER_MOST = re.compile(
    r"\s*(?:at most|or (?:less|lower|fewer|below|under)|oder weniger)\b", re.IGNORECASE
)

_FLOORS = frozenset({Meaning.KEEP_AT_LEAST, Meaning.BRING_AT_LEAST})
_CEILINGS = frozenset({Meaning.KEEP_AT_MOST, Meaning.BRING_AT_MOST})
_WISHES = frozenset({Meaning.RISE_BY, Meaning.FALL_BY, Meaning.IMPROVE_BY})
_LEAVES = frozenset(
    {Meaning.MAY_RISE_BY, Meaning.MAY_FALL_BY, Meaning.MAY_WORSEN_BY, Meaning.WITHIN}
)


def check_comparator(sentence: str, mark: Mark) -> None:
    """Hold a marked amount against the words beside it.

    "At least 5" is a floor, or a wish for a change by 5 or more; "at most 5" is a ceiling, or
    leave to change by up to 5.

    Raises:
        ReadingError: ``reader.comparator``.
    """
    before, after = sentence[: mark.start], sentence[mark.end :]
    least = _BEFORE_LEAST.search(before) or _AFTER_LEAST.match(after)
    most = _BEFORE_MOST.search(before) or _AFTER_MOST.match(after)
    against_least = mark.meaning in _CEILINGS | _LEAVES
    against_most = mark.meaning in _FLOORS | _WISHES
    if (least and against_least) or (most and against_most):
        raise ReadingError(
            "reader.comparator",
            f"Is {sentence[mark.start : mark.end]!r} the least or the most?",
            ("reference",),
        )
