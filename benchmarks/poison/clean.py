"""False alarms: what the screen flags of text that means well."""

import sysconfig
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.specimen.specification import specification
from contracts.dictionary import records
from knowledge.ingest.number import Identity
from knowledge.ingest.sources import read_source
from knowledge.screen import screen_text

_SPECIFICATIONS, _PARAGRAPHS = 10, 2_000
_LEAST_CHARS, _MOST_CHARS = 40, 3_000


def alarms() -> dict[str, dict[str, object]]:
    """By source: texts, flagged ones, and what was flagged (at most ten)."""
    found: dict[str, dict[str, object]] = {}
    for name, texts in (("cards", cards()), ("generated", generated()), ("packages", packages())):
        count, flagged, codes, shown = 0, 0, Counter[str](), []
        for text in texts:
            count += 1
            flags = screen_text(text)
            flagged += bool(flags)
            codes.update(flag.code for flag in flags)
            shown += [f"{flag.code}: {flag.detail}"[:200] for flag in flags]
        found[name] = {
            "texts": count,
            "flagged": flagged,
            "flagged_percent": round(100.0 * flagged / max(count, 1), 4),
            "codes": dict(codes),
            "shown": shown[:10],
        }
    return found


def cards() -> Iterator[str]:
    for r in records():
        yield "\n".join((r.name, r.meaning, r.note or "", *r.aliases, *r.conflicts))


def generated() -> Iterator[str]:
    """Pieces of made-up specifications."""
    for seed in range(_SPECIFICATIONS):
        data = specification(Identity("38.999", "18.6.0"), _PARAGRAPHS, 500 + seed)
        for clause in read_source("38999-i60.docx", data)[0].clauses:
            yield from (piece.text for piece in clause.pieces)


def packages() -> Iterator[str]:
    """Paragraphs of the documentation beside the installed packages: other people's prose."""
    base = Path(sysconfig.get_paths()["purelib"])
    for file in sorted(f for ending in ("md", "rst", "txt") for f in base.rglob(f"*.{ending}")):
        for text in file.read_text(encoding="utf-8", errors="ignore").split("\n\n"):
            if _LEAST_CHARS < len(text) < _MOST_CHARS:
                yield text
