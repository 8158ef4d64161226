"""ASN.1 text files: one clause an assignment, with its indentation and comments."""

import re

from knowledge.ingest.archive import Budget
from knowledge.ingest.characters import Screen
from knowledge.ingest.harvest import asn1_assignments
from knowledge.ingest.limits import damaged
from knowledge.ingest.model import Piece, PieceKind
from knowledge.ingest.outline import Outline
from knowledge.ingest.readers.draft import Draft
from knowledge.ingest.readers.plain import decode

_MODULE = re.compile(
    r"^[ \t]{0,8}([A-Z][A-Za-z0-9-]{0,127})\s{0,80}(?:\{[^}]{0,500}\}\s{0,80})?DEFINITIONS\b",
    re.MULTILINE,
)


def read(data: bytes, budget: Budget) -> Draft:
    """The file's draft: a heading a module, under it one an assignment.

    Raises:
        RanwrightError: ``ingest.damaged`` when no assignment stands in it.
    """
    screen = Screen()
    text = decode(data, screen)
    outline = Outline(budget.limits)
    modules = list(_MODULE.finditer(text))
    borders = [0, *(module.start() for module in modules), len(text)]
    found = 0
    for module, start, end in zip([None, *modules], borders, borders[1:], strict=False):
        if module is not None:
            outline.heading(1, module[1])
        for name, assignment in asn1_assignments(text[start:end]):
            outline.heading(2, name)
            outline.add(Piece.of(PieceKind.ASN1, assignment))
            found += 1
    if not found:
        raise damaged("no ASN.1 assignment stands in it")
    return Draft(
        clauses=outline.clauses(),
        findings=tuple(screen.findings()),
        part=modules[0][1] if modules else "",
    )
