"""Looks at a passage before anybody reads it: what is wrong with it is flagged, not repaired.

Flags are told to people and kept in the ledger. Nothing rests on them: numbers come from the
dictionary, and the verifier resolves every citation by itself, whatever a passage says.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from contracts.dictionary import ParameterRecord, real_value, records
from contracts.evidence import Evidence, Flag
from contracts.passage import LONGEST_TITLE_CHARS, Passage
from knowledge.ingest.number import of_cover
from knowledge.markers import markers

_UNSEEN = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\U000e0000-\U000e007f]"
)
_ALIKE = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u04bb\u043a\u043c\u0442"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0408\u0405\u04ae"
    "\u03bf\u03b1\u03bd\u03c1\u03b9\u03ba\u0391\u0392\u0395\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a7\u0396"
    "\u0585\u057d\u0578\u0581",
    "aeopcyxijsdqhkmt" "ABEKMHOPCTXIJSY" "oavpikABEHIKMNOPTXZ" "ounq",
)  # fmt: skip
_CONFUSED = str.maketrans("01|l5$", "oiiiss")
"""What reads alike in many fonts, after case is folded."""
_RUN = re.compile(r"[\w$|.-]+")
_NUMBER = r"(-?(?:\d{1,3}(?:[ ,]\d{3})+(?!\d)|\d+)(?:\.\d+)?)"
_CLAIM = re.compile(
    rf"(?:{_NUMBER}\s{{0,2}}(?:\.\.\.?|\u2026|\u2013|\s[-\u2212]\s|\bto\b|\bthrough\b|\band\b)\s{{0,2}}{_NUMBER}"
    rf"|\b(?:maximum|max|minimum|min|highest|lowest|upper limit|lower limit|up to|at most|at least|"
    rf"down to|limit|value|raised to|set to|extended to|allowed)\b\D{{0,24}}?{_NUMBER})",
    re.IGNORECASE,
)  # fmt: skip
_STATED = re.compile(
    rf"[\s\"')\]]{{0,3}}(?::?=|:|\b(?:is|are|equals)\b)\s{{0,2}}{_NUMBER}", re.IGNORECASE
)
"""A value right behind the name."""
_REACH_CHARS = 100
_BLOCK_CHARS = 1024
MAX_SCREENED_CHARS = 100_000
"""What of a text is screened; the clauses of ASN.1 alone are longer."""
_LEAST_NAME_CHARS = 5


def screen(passage: Passage, cited: Iterable[Evidence] = ()) -> tuple[Flag, ...]:
    """What is wrong with a passage, each kind once; none is no proof of good faith.

    Args:
        passage: is screened in title and text.
        cited: evidence beside it, for ranges that the dictionary leaves to the equipment profile
            (``configuredMaxTxPower``).

    Codes: ``screen.hidden`` (unseen characters), ``screen.look_alike`` (a word that only looks
    like a parameter's name, or mixes alphabets), ``screen.instruction`` (text that wants to be
    obeyed), ``screen.range`` (numbers of a parameter outside the range of dictionary or evidence),
    ``screen.version`` (it says it is of another specification or version), ``screen.length``
    (a title too long to be one, or more text than is screened).
    """
    found = screen_text(f"{passage.title}\n{passage.text}", cited) + tuple(_version(passage))
    if len(passage.title) >= LONGEST_TITLE_CHARS:
        found += (Flag(code="screen.length", detail=f"title of {LONGEST_TITLE_CHARS} characters"),)
    return found


def screen_text(text: str, cited: Iterable[Evidence] = ()) -> tuple[Flag, ...]:
    """As :func:`screen`, of bare text; beyond :data:`MAX_SCREENED_CHARS` it is not read."""
    found = []
    if len(text) > MAX_SCREENED_CHARS:
        unread = f"{MAX_SCREENED_CHARS} of {len(text)} characters screened"
        found.append(Flag(code="screen.length", detail=unread))
        text = text[:MAX_SCREENED_CHARS]
    plain = folded(text)
    if unseen := _UNSEEN.findall(text):
        kinds = ", ".join(sorted({f"U+{ord(c):04X}" for c in unseen}))
        found.append(Flag(code="screen.hidden", detail=kinds))
    if alike := list(dict.fromkeys(_look_alikes(text))):
        found.append(Flag(code="screen.look_alike", detail=", ".join(alike[:5])))
    if said := markers(plain):
        detail = "; ".join(f"{kind}: {words}" for kind, words in said.items())
        found.append(Flag(code="screen.instruction", detail=detail))
    if beyond := list(dict.fromkeys(_beyond(plain, _ranges(cited)))):
        found.append(Flag(code="screen.range", detail="; ".join(beyond[:3])))
    return tuple(found)


def folded(text: str) -> str:
    """Text as a person reads it: compatibility forms and look-alikes as plain Latin."""
    # By blocks: ordering a run of combining marks takes the square of its length.
    blocks = (text[at : at + _BLOCK_CHARS] for at in range(0, len(text), _BLOCK_CHARS))
    plain = "".join(unicodedata.normalize("NFKC", block) for block in blocks)
    return _UNSEEN.sub("", plain).translate(_ALIKE)


def _version(passage: Passage) -> Iterator[Flag]:
    said = of_cover(folded(passage.text[:MAX_SCREENED_CHARS]))
    if said is None or said == (passage.spec, passage.version):
        return
    if passage.version and (said.spec == passage.spec or not passage.number):
        detail = f"says {said.spec} {said.version}, is {passage.spec} {passage.version}"
        yield Flag(code="screen.version", detail=detail)


def _look_alikes(text: str) -> Iterator[str]:
    for word, _ in _words(text):
        plain = folded(word)
        known = plain.casefold() in _names()
        if (
            not word.isascii() and (known or (_foreign(word) and re.search(r"[A-Za-z]", word)))
        ) or (len(word) >= _LEAST_NAME_CHARS and not known and _looks_known(plain)):
            yield word


def _looks_known(plain: str) -> bool:
    return plain.casefold().translate(_CONFUSED) in _by_look()


def _foreign(word: str) -> bool:
    return any(
        unicodedata.name(c, "").startswith(("CYRILLIC", "ARMENIAN", "CHEROKEE", "FULLWIDTH LATIN"))
        for c in word
    )


def _words(text: str) -> Iterator[tuple[str, int]]:
    """Words of letters, digits and what stands for them, each with its end."""
    for run in _RUN.finditer(text):
        if word := run[0].rstrip("$|.-"):
            yield word, run.start() + len(word)


def _beyond(text: str, ranges: Mapping[str, list[float]]) -> Iterator[str]:
    for word, end in _words(text):
        name = word.casefold()
        ends = _admitted(name) + ranges.get(name, [])
        near = text[end : end + _REACH_CHARS].partition("\n\n")[0] if ends else ""
        stated = _STATED.match(near)
        for claim in (*((stated,) if stated else ()), *_CLAIM.finditer(near)):
            numbers = [float(re.sub("[ ,]", "", n)) for n in claim.groups() if n is not None]
            low, high = min(ends), max(ends)
            if any(not low <= number <= high for number in numbers):
                yield f"{word}: {' '.join(claim[0].split())}, not {low:g}..{high:g}"
                break


def _ranges(cited: Iterable[Evidence]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for evidence in cited:
        path = evidence.parameter_id.casefold()
        for name in {path, path.rpartition(".")[2]} if evidence.hard_range else ():
            found.setdefault(name, []).extend(evidence.hard_range or ())
    return found


def _admitted(name: str) -> list[float]:
    """Ends of the ranges that go by a name: field values and what they mean, as text has either."""
    return [
        value
        for record in _names().get(name, ())
        if record.hard_range is not None and record.verified
        for end in record.hard_range
        for value in (end, real_value(record, end))
    ]


@cache
def _names() -> Mapping[str, tuple[ParameterRecord, ...]]:
    found: dict[str, tuple[ParameterRecord, ...]] = {}
    for record in records():
        for name in {record.name.casefold(), record.path.casefold()}:
            if len(name) >= _LEAST_NAME_CHARS:
                found[name] = (*found.get(name, ()), record)
    return found


@cache
def _by_look() -> Mapping[str, str]:
    """Names of parameters by what they look like; plain words among them are left out."""
    return {
        name.translate(_CONFUSED): name
        for name, known in _names().items()
        if any(not r.name.isalpha() or re.search(r"[a-z][A-Z]", r.name) for r in known)
    }


def shown(passage: Passage) -> dict[str, object]:
    """A passage as JSON with its flags: what every surface hands out."""
    flags = [flag.model_dump(mode="json") for flag in screen(passage)]
    return {**passage.model_dump(mode="json"), "flags": flags}
