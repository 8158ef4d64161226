"""YANG modules (RFC 7950): one clause a definition, its leaves as rows of a table.

Statements are read, not resolved: ``uses`` and ``augment`` are told as they stand.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from knowledge.ingest.archive import Budget
from knowledge.ingest.characters import Screen
from knowledge.ingest.limits import Limits, damaged, too_deep
from knowledge.ingest.model import Clause, Piece, PieceKind
from knowledge.ingest.number import SPEC, Identity
from knowledge.ingest.readers.attributes import Attribute, rows
from knowledge.ingest.readers.draft import Draft
from knowledge.ingest.readers.plain import decode

_TOKEN = re.compile(
    r"""\s+|//[^\n]*|/\*.*?\*/
    |"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>[^']*)'
    |(?P<mark>[;{}]|\+(?=\s))|(?P<word>(?:(?!//|/\*)[^\s;{}"'])+)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\([nt\"\\])")
_ESCAPED = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
_LEAVES = frozenset({"leaf", "leaf-list"})
_DEFINES = _LEAVES | {
    "typedef", "grouping", "container", "list", "augment", "identity", "feature", "rpc",
    "notification", "choice",
}  # fmt: skip
_HOLDS = frozenset(
    {"container", "list", "choice", "case", "grouping", "augment", "input", "output"}
)
_OF_SPEC = re.compile(rf"3GPP\s{{1,3}}(?:TS|TR)\s{{1,3}}({SPEC})")


@dataclass
class Statement:
    """A keyword, its argument, and the statements in its block."""

    keyword: str
    argument: str = ""
    inner: list["Statement"] = field(default_factory=list)

    def text(self, keyword: str) -> str:
        """Argument of the first statement of a kind, empty where there is none."""
        return next((s.argument for s in self.inner if s.keyword == keyword), "")


def read(data: bytes, budget: Budget) -> Draft:
    """The module's draft; the specification is the one its references and description name."""
    screen = Screen()
    module = parse(decode(data, screen), budget.limits)
    if module.keyword not in ("module", "submodule"):
        raise damaged(f"a YANG file starts with a module, not with {module.keyword!r}")
    told = module.text("reference") + "\n" + module.text("description")
    specs = set(_OF_SPEC.findall(told))
    revisions = [s.argument for s in module.inner if s.keyword == "revision"]
    return Draft(
        clauses=tuple(_clause(s) for s in module.inner if s.keyword in _DEFINES),
        findings=tuple(screen.findings()),
        identity=Identity(specs.pop() if len(specs) == 1 else "", max(revisions, default="")),
        part=module.argument,
        title=module.argument,
    )


def parse(text: str, limits: Limits) -> Statement:
    """The one statement that a YANG file is.

    Raises:
        RanwrightError: ``ingest.damaged`` or ``ingest.nested_too_deep``.
    """
    builder = _Builder(limits)
    for quoted, mark in _tokens(text):
        builder.take(quoted, mark)
    return builder.finish()


class _Builder:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._around = [Statement("")]
        self._words: list[str] = []
        self._joining = False

    def take(self, quoted: bool, mark: str) -> None:
        if not quoted and mark in (";", "{"):
            self._statement(opens=mark == "{")
        elif not quoted and mark == "}":
            if self._words or len(self._around) == 1:
                raise damaged("a YANG block ends where none is open")
            self._around.pop()
        elif not quoted and mark == "+":
            self._joining = True
        elif self._joining and self._words:
            self._words[-1] += mark
            self._joining = False
        else:
            self._words.append(mark)

    def finish(self) -> Statement:
        top = self._around[0]
        if len(self._around) != 1 or self._words or len(top.inner) != 1:
            raise damaged("a YANG file is one module, and closed")
        return top.inner[0]

    def _statement(self, opens: bool) -> None:
        if not 1 <= len(self._words) <= 2:
            raise damaged(f"a YANG statement of {len(self._words)} words")
        made = Statement(self._words[0], "".join(self._words[1:]))
        self._around[-1].inner.append(made)
        self._words = []
        if opens:
            self._around.append(made)
            if len(self._around) > self._limits.nesting:
                raise too_deep("YANG statements")


def _tokens(text: str) -> Iterator[tuple[bool, str]]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise damaged(f"YANG at character {at}")
        at = match.end()
        if match["double"] is not None:
            yield True, _ESCAPE.sub(lambda escape: _ESCAPED[escape[1]], match["double"])
        elif match["single"] is not None:
            yield True, match["single"]
        elif match.lastgroup is not None:
            yield False, match[0]


def _clause(statement: Statement) -> Clause:
    pieces = []
    if statement.text("description"):
        text = " ".join(statement.text("description").split())
        pieces.append(Piece.of(PieceKind.PARAGRAPH, text))
    attributes = list(_attributes("", statement))
    if attributes:
        pieces.append(Piece.table(rows(attributes), statement.argument))
    return Clause(
        number=f"{statement.keyword}/{statement.argument}",
        title=statement.argument,
        path=(statement.keyword, statement.argument),
        level=1,
        pieces=tuple(pieces),
    )


def _attributes(path: str, statement: Statement) -> Iterator[Attribute]:
    if statement.keyword in _LEAVES or statement.keyword == "typedef":
        kind = next((s for s in statement.inner if s.keyword == "type"), Statement("type"))
        yield Attribute(
            path=path or statement.argument,
            type=kind.argument + ("[]" if statement.keyword == "leaf-list" else ""),
            values=_values(kind),
            unit=statement.text("units"),
            default=statement.text("default"),
            meaning=statement.text("description"),
        )
        return
    for inner in statement.inner:
        place = f"{path}.{inner.argument}" if path else inner.argument
        if inner.keyword in _LEAVES or inner.keyword in _HOLDS:
            yield from _attributes(place, inner)
        elif inner.keyword == "uses":
            yield Attribute(path=place, type=f"uses {inner.argument}")


def _values(kind: Statement) -> str:
    literals = [s.argument for s in kind.inner if s.keyword == "enum"]
    if literals:
        return "|".join(literals)
    members = [_values(s) for s in kind.inner if s.keyword == "type"]
    if any(members):
        return "|".join(filter(None, members))
    return kind.text("range") or kind.text("length") or kind.text("pattern") or kind.text("path")
