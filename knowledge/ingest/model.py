"""A specification as it is kept: clauses of pieces, what they define, where they point."""

from enum import StrEnum
from typing import Self

from contracts.canonical import Contract, Digest, digest_bytes
from contracts.evidence import Tier


class PieceKind(StrEnum):
    """What a piece of text is."""

    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE = "table"
    ASN1 = "asn1"
    CODE = "code"


class Piece(Contract):
    """The smallest text that can be cited.

    ``text`` of a table is its rows, cells parted by `` | ``; ``rows`` holds the cells themselves.
    ``level`` is the depth of a list item, from 1.
    """

    kind: PieceKind
    text: str
    text_digest: Digest
    rows: tuple[tuple[str, ...], ...] = ()
    caption: str = ""
    level: int = 0

    @classmethod
    def of(cls, kind: PieceKind, text: str, *, level: int = 0) -> Self:
        """A piece of running text, with its digest."""
        return cls(kind=kind, text=text, text_digest=text_digest(kind, text), level=level)

    @classmethod
    def table(cls, rows: tuple[tuple[str, ...], ...], caption: str = "") -> Self:
        """A table; the caption counts into the digest."""
        text = "\n".join(" | ".join(row) for row in rows)
        return cls(
            kind=PieceKind.TABLE,
            text=text,
            text_digest=text_digest(PieceKind.TABLE, f"{caption}\n{text}"),
            rows=rows,
            caption=caption,
        )


def text_digest(kind: PieceKind, text: str) -> Digest:
    """Content address of a piece's text; the kind counts, the place does not."""
    return digest_bytes(f"{kind}\n{text}".encode())


class Clause(Contract):
    """A clause and what stands in it before its first subclause.

    ``number`` as printed (``5.3.5.13a``, ``A.2.1``); a heading without one, such as the name of an
    information element in TS 38.331, inherits that of the clause around it. ``path`` holds the
    titles of the headings around it, outermost first, its own last.
    """

    number: str
    title: str
    path: tuple[str, ...]
    level: int
    pieces: tuple[Piece, ...] = ()


class TermKind(StrEnum):
    """What is defined."""

    DEFINITION = "definition"
    ABBREVIATION = "abbreviation"
    ASN1_ASSIGNMENT = "asn1_assignment"


class Term(Contract):
    """A term, abbreviation or ASN.1 name, what it stands for, and where (index of the clause)."""

    kind: TermKind
    term: str
    meaning: str
    clause: int


class Link(Contract):
    """A cross-reference from the clause at an index; ``spec`` is empty inside one document."""

    clause: int
    spec: str = ""
    number: str = ""


class Finding(Contract):
    """Something a reader took out, could not read, or distrusts. Codes: docs/guide/knowledge.md."""

    code: str
    detail: str
    count: int = 1


class Document(Contract):
    """One version of one specification, or of one module that belongs to it (``part``)."""

    spec: str
    version: str
    part: str = ""
    release: str = ""
    title: str = ""
    tier: Tier = Tier.OTHER
    clauses: tuple[Clause, ...]
    terms: tuple[Term, ...] = ()
    links: tuple[Link, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def content_digest(self) -> Digest:
        """Content address of headings and pieces, wherever the file came from."""
        lines = []
        for clause in self.clauses:
            lines.append("\t".join((clause.number, *clause.path)))
            lines += [piece.text_digest for piece in clause.pieces]
        return digest_bytes("\n".join(lines).encode())

    @property
    def name(self) -> str:
        """Specification, part and version in one line."""
        return " ".join(word for word in (self.spec, self.part, self.version) if word)
