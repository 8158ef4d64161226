"""Definitions, abbreviations, ASN.1 assignments and cross-references of a document's clauses."""

import re
from collections.abc import Iterable, Iterator, Sequence

from knowledge.ingest.model import Clause, Link, Piece, PieceKind, Term, TermKind
from knowledge.ingest.number import SPEC
from knowledge.ingest.outline import NUMBER

_DEFINITIONS = re.compile(r"\b(?:definitions|terms)\b", re.IGNORECASE)
_ABBREVIATIONS = re.compile(r"\babbreviations\b", re.IGNORECASE)
_REFERENCES = re.compile(r"\breferences\b", re.IGNORECASE)
_DEFINITION = re.compile(r"([^:\n\t]{1,120}):\s{1,3}(\S.*)", re.DOTALL)
_ABBREVIATION = re.compile(r"([^\s\t][^\t\n]{0,39})\t\s{0,9}(\S.*)", re.DOTALL)
_REFERENCE = re.compile(rf"\[(\d{{1,3}})\]\s{{1,9}}[^\n]{{0,40}}?\b(?:TS|TR)\s{{1,3}}({SPEC})\b")

_TARGET = rf"(?=\d|[A-Z]{{1,2}}\.\d){NUMBER}\b"
_ANNEX = r"[A-Z](?:\.\d{1,3}[A-Za-z]{0,3}){0,9}\b"
_CITED = re.compile(
    rf"""(?:\b(?:TS|TR)\s{{1,3}}(?P<spec>{SPEC})\b(?:\s{{0,2}}\[\d{{1,3}}\])?|\[(?P<number>\d{{1,3}})\])
    (?:\s?,?\s{{1,2}}(?:sub)?clauses?\s{{1,2}}(?P<clause>{_TARGET}))?""",
    re.VERBOSE,
)
_CLAUSES = re.compile(
    rf"""\b(?:(?:[Ss]ub)?[Cc]lauses?\s{{1,2}}
    (?P<clauses>{_TARGET}(?:(?:,\s|\s(?:and|or)\s|,\s(?:and|or)\s){_TARGET}){{0,20}})
    |[Aa]nnex\s{{1,2}}(?P<annex>{_ANNEX}))
    (?:\s(?:of|in)\s(?:3GPP\s)?(?:(?:TS|TR)\s{{1,3}}(?P<spec>{SPEC})|\[(?P<number>\d{{1,3}})\]))?""",
    re.VERBOSE,
)
_NUMBER = re.compile(_TARGET)

_COMMENT = re.compile(r"--[^\n]*?(?:--|(?=\n)|\Z)|/\*.*?(?:\*/|\Z)", re.DOTALL)
_ASSIGNMENT = re.compile(
    r"^[ \t]{0,8}([A-Za-z][A-Za-z0-9-]{0,127})(?=[\s{])([^\n:=]{0,300})\s{0,80}::=", re.MULTILINE
)
_MODULE_WORDS = frozenset({"DEFINITIONS", "TAGS", "BEGIN", "END", "IMPORTS", "EXPORTS"})
_END = re.compile(r"\s*(?:END|-- ?ASN1STOP.*|-- ?TAG-.*-STOP.*)?\s*")


def terms(clauses: Sequence[Clause]) -> tuple[Term, ...]:
    """What the clauses define, in reading order."""
    return tuple(term for at, clause in enumerate(clauses) for term in _terms_of(at, clause))


def _terms_of(at: int, clause: Clause) -> Iterator[Term]:
    heading = "\n".join(clause.path)
    lists = [(TermKind.ABBREVIATION, _ABBREVIATION)] if _ABBREVIATIONS.search(heading) else []
    if _DEFINITIONS.search(heading):
        lists.append((TermKind.DEFINITION, _DEFINITION))
    for piece in clause.pieces:
        if piece.kind is PieceKind.ASN1:
            for name, text in asn1_assignments(piece.text):
                yield Term(kind=TermKind.ASN1_ASSIGNMENT, term=name, meaning=text, clause=at)
        elif lists:
            yield from _listed(at, piece, lists)


def _listed(
    at: int, piece: Piece, lists: Iterable[tuple[TermKind, re.Pattern[str]]]
) -> Iterator[Term]:
    lines = piece.text.split("\n")
    if piece.kind is PieceKind.TABLE:
        lines = ["\t".join(row[:2]) for row in piece.rows if len(row) > 1 and all(row[:2])]
    for line in lines:
        for kind, pattern in lists:
            match = pattern.fullmatch(line.strip())
            if match is not None:
                yield Term(kind=kind, term=match[1].strip(), meaning=match[2].strip(), clause=at)
                break


def asn1_assignments(text: str) -> list[tuple[str, str]]:
    """Names and texts of the type, value and object set assignments (X.680 clause 16)."""
    blank = _COMMENT.sub(lambda comment: _blanked(comment[0]), text)
    starts = [
        match
        for match in _ASSIGNMENT.finditer(blank)
        if match[1] not in _MODULE_WORDS and "DEFINITIONS" not in match[2]
    ]
    borders = [*(match.start() for match in starts), len(text)]
    return [
        (match[1], _without_end(text[match.start() : end]))
        for match, end in zip(starts, borders[1:], strict=True)
    ]


def _without_end(text: str) -> str:
    lines = text.rstrip().split("\n")
    while len(lines) > 1 and _END.fullmatch(lines[-1]):
        lines.pop()
    return "\n".join(lines).strip()


def _blanked(text: str) -> str:
    return "".join("\n" if character == "\n" else " " for character in text)


def links(clauses: Sequence[Clause]) -> tuple[Link, ...]:
    """Where the clauses point, each target once; ``[n]`` through the list of references."""
    known = _references(clauses)
    found: dict[Link, None] = {}
    for at, clause in enumerate(clauses):
        if not clause.path or _REFERENCES.search(clause.path[-1]):
            continue  # the cover, and the list that the others point through
        for piece in clause.pieces:
            if piece.kind not in (PieceKind.ASN1, PieceKind.CODE):
                found.update((link, None) for link in _links_of(at, piece.text, known))
    return tuple(found)


def _references(clauses: Sequence[Clause]) -> dict[str, str]:
    known: dict[str, str] = {}
    for clause in clauses:
        if clause.path and _REFERENCES.search(clause.path[-1]):
            for piece in clause.pieces:
                known.update((match[1], match[2]) for match in _REFERENCE.finditer(piece.text))
    return known


def _links_of(at: int, text: str, known: dict[str, str]) -> Iterator[Link]:
    taken: list[tuple[int, int]] = []
    for match in _CLAUSES.finditer(text):
        spec = match["spec"] or known.get(match["number"] or "", "")
        if match["number"] and not spec:
            continue
        if not _behind_a_citation(text, match.start()) or match["spec"] or match["number"]:
            for number in [match["annex"]] if match["annex"] else _NUMBER.findall(match["clauses"]):
                yield Link(clause=at, spec=spec, number=number)
            taken.append(match.span())
    for match in _CITED.finditer(text):
        spec = match["spec"] or known.get(match["number"] or "", "")
        if spec and not any(start <= match.start() < end for start, end in taken):
            yield Link(clause=at, spec=spec, number=match["clause"] or "")


def _behind_a_citation(text: str, start: int) -> bool:
    """``TS 38.321 [3], clause 5.2`` and ``[3], clause 5.2`` name a clause of the other document."""
    before = text[max(0, start - 40) : start]
    return re.search(rf"(?:\[\d{{1,3}}\]|\b{SPEC})\s?,?\s{{0,2}}\Z", before) is not None
