"""Names of a sentence against the network's directory; a name that is not there is refused."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from agents.reader.clause import ReadingError
from agents.reader.phrases import cell_list
from contracts.directory import Directory
from knowledge import minilm
from tools.language.marks import Role

_LEAST_LIKENESS = 0.8
_LEAD = 0.1
_LEAST_COSINE = 0.7
_COSINE_LEAD = 0.25
_ALL = re.compile(
    r"\b(?:all|every|each|entire|whole|network|throughout|everywhere)\b|netz|alle|sämtlich|überall",
    re.IGNORECASE,
)
_FILLERS = re.compile(
    r"\b(?:the|our|area|group|ues?|users?|slice|band|layer|plmn|der|die|das|den|of|of the)\b",
    re.IGNORECASE,
)
_TO = re.compile(r"\s*(?:up to|to|through|bis einschließlich|bis)\s*", re.IGNORECASE)


def cells(text: str, directory: Directory) -> tuple[int, ...]:
    """The cells of ``cells 1-3, 7``, or all.

    Raises:
        ReadingError: ``intent.unknown_object``, ``intent.bad_cells``.
    """
    if not any(char.isdigit() for char in text):
        if _ALL.search(text):
            return directory.cells
        raise ReadingError("intent.missing_scope", f"Which cells are {text!r}?", ("scope",))
    found = cell_list(_TO.sub("-", text).replace("/", ",").replace("–", "-"))
    strange = [c for c in found if c not in directory.cells]
    ends = [int(n) for n in re.findall(r"\d+", text)]
    if any(e not in directory.cells for e in ends):
        raise _unknown(text)
    return tuple(c for c in found if c not in strange)


def name(role: Role, text: str, directory: Directory) -> tuple[Role, str]:
    """The name that a span means, and of what kind it is.

    The directory knows better than the model whether "gold" is an area or a slice.

    Raises:
        ReadingError: ``intent.unknown_object``.
    """
    if role is Role.PLMN:
        return role, _code(text, directory.plmns, r"\D")
    if role is Role.BAND:
        return role, _code(text, directory.bands, r"\s")
    known = {
        Role.AREA: directory.areas,
        Role.UE_GROUP: directory.ue_groups,
        Role.SLICE: directory.slices,
    }
    kinds = (role, *(kind for kind in known if kind is not role))
    for kind in kinds:
        found = closest(text, known[kind])
        if found is not None:
            return kind, found
    # names of slices are labels without a meaning
    found = None if role is Role.SLICE else alike(text, known[role])
    if found is None:
        raise _unknown(text)
    return role, found


def closest(text: str, known: Sequence[str]) -> str | None:
    """The known name that is written so, slips forgiven; None where none is, or two are."""
    spoken = _plain(text)
    ranked = sorted(((_likeness(spoken, _plain(k)), k) for k in known), reverse=True)
    if not ranked or ranked[0][0] < _LEAST_LIKENESS:
        return None
    if len(ranked) > 1 and ranked[0][0] - ranked[1][0] < _LEAD and ranked[0][0] < 1.0:
        return None
    return ranked[0][1]


def alike(text: str, known: Sequence[str]) -> str | None:
    """The known name of the same meaning ("police vehicles" for "police cars"), if one stands out.

    By the cosine of sentence vectors; a name of another thing in the same trade stays well below.
    """
    if not known:
        return None
    vectors = minilm.load().encode([text, *known])
    cosines = [float(c) for c in vectors[1:] @ vectors[0]]
    ranked = sorted(zip(cosines, known, strict=True), reverse=True)
    second = ranked[1][0] if len(ranked) > 1 else 0.0
    clear = ranked[0][0] >= _LEAST_COSINE and ranked[0][0] - second >= _COSINE_LEAD
    return ranked[0][1] if clear else None


def _code(text: str, known: Sequence[str], dropped: str) -> str:
    spoken = re.sub(dropped, "", text).casefold()
    for code in known:
        if code.casefold() == spoken:
            return code
    raise _unknown(text)


def _plain(text: str) -> str:
    words = _FILLERS.sub(" ", text.casefold().replace("-", " ").replace("'", " "))
    kept = " ".join(words.split())
    return kept or " ".join(text.casefold().split())


def _likeness(one: str, other: str) -> float:
    joined = one.replace(" ", "") == other.replace(" ", "")
    singular = one.rstrip("s") == other.rstrip("s")
    return 1.0 if joined or singular else SequenceMatcher(None, one, other, autojunk=False).ratio()


def _unknown(text: str) -> ReadingError:
    return ReadingError("intent.unknown_object", f"The network has no {text!r}.")
