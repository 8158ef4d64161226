"""What changed between two versions of a specification, clause by clause."""

import difflib
from collections import Counter
from typing import Literal

from contracts.canonical import Contract
from knowledge.ingest.model import Clause, Document

Key = tuple[str, str, int]


class ClauseChange(Contract):
    """A clause that came, went or changed; lines of pieces that are only in one of the two."""

    change: Literal["added", "removed", "changed"]
    number: str
    title: str
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


def diff(old: Document, new: Document) -> list[ClauseChange]:
    """The changes, in the order of the new version; what went comes last.

    Clauses are the same when their numbers are; headings without a number, when number around and
    title are.
    """
    before, after = _keyed(old), _keyed(new)
    changes = []
    for key, clause in after.items():
        if key not in before:
            changes.append(_change("added", clause, (), _lines(clause)))
            continue
        was = before[key]
        removed, added = _compared(_lines(was), _lines(clause))
        if removed or added or was.title != clause.title:
            changes.append(_change("changed", clause, removed, added))
    gone = [clause for key, clause in before.items() if key not in after]
    return changes + [_change("removed", clause, _lines(clause), ()) for clause in gone]


def _keyed(document: Document) -> dict[Key, Clause]:
    seen: Counter[tuple[str, str]] = Counter()
    keyed: dict[Key, Clause] = {}
    for clause in document.clauses:
        own = clause.path[-1:] == (f"{clause.number} {clause.title}".strip(),)
        name = (clause.number, "" if own and clause.number else clause.title)
        keyed[(*name, seen[name])] = clause
        seen[name] += 1
    return keyed


def _lines(clause: Clause) -> tuple[str, ...]:
    lines: list[str] = []
    for piece in clause.pieces:
        lines += [piece.caption] if piece.caption else []
        lines += piece.text.split("\n")
    return tuple(lines)


def _compared(
    old: tuple[str, ...], new: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    removed: list[str] = []
    added: list[str] = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag != "equal":
            removed += old[old_from:old_to]
            added += new[new_from:new_to]
    return tuple(removed), tuple(added)


def _change(
    change: Literal["added", "removed", "changed"],
    clause: Clause,
    removed: tuple[str, ...],
    added: tuple[str, ...],
) -> ClauseChange:
    return ClauseChange(
        change=change, number=clause.number, title=clause.title, removed=removed, added=added
    )
