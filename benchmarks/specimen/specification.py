"""A made-up specification with everything that readers must cope with, of any length."""

import random

from benchmarks.specimen.docx import (
    Docx,
    deleted,
    inserted,
    math,
    math_text,
    package,
    paragraph,
    run,
)
from knowledge.ingest.number import Identity

_NOUNS = ("beam", "cell", "timer", "report", "counter", "bearer", "window", "offset", "carrier")
_VERBS = ("starts", "stops", "resets", "reports", "stores", "drops", "applies", "compares")
_TAILS = ("at once", "when asked to", "within its limits", "before it answers", "as configured")
_BASE_36 = "0123456789abcdefghijklmnopqrstuvwxyz"


def specification(identity: Identity, paragraphs: int = 60, seed: int = 1) -> bytes:
    """A ``.docx``: cover, references, definitions, procedures, ASN.1, tables, formulae, an annex.

    Args:
        identity: what the cover says.
        paragraphs: how many paragraphs of running text, lists and code stand in its clauses.
        seed: of the words; a later version of a specification differs in some of them.
    """
    draw = random.Random(seed)
    document = Docx()
    _front(document, identity)
    left, clause = paragraphs, 4
    while left > 0:
        document.heading(1, f"{clause}\tToy procedures {clause}")
        for sub in range(1, 6):
            if left <= 0:
                break
            document.heading(2, f"{clause}.{sub}\t{draw.choice(_NOUNS).title()} handling")
            left -= _procedure(document, draw, clause, sub)
        clause += 1
    document.heading(8, "Annex A (informative):\nExamples")
    document.heading(1, "A.1\tFirst example")
    document.text(sentence(draw))
    return document.data()


def archive(identity: Identity, paragraphs: int = 60, seed: int = 1) -> tuple[str, bytes]:
    """Name and bytes of the official archive around such a document."""
    stem = archive_stem(identity)
    data = specification(identity, paragraphs, seed)
    return f"{stem}.zip", package({f"{stem}.docx": data})


def archive_stem(identity: Identity) -> str:
    """``38101-1-i50`` of TS 38.101-1 version 18.5.0."""
    code = "".join(_BASE_36[int(field)] for field in identity.version.split("."))
    return f"{identity.spec.replace('.', '')}-{code}"


def sentence(draw: random.Random) -> str:
    """Words that resemble a procedure and mean nothing."""
    return (
        f"The {draw.choice(_NOUNS)} {draw.choice(_VERBS)} its {draw.choice(_NOUNS)} "
        f"{draw.choice(_TAILS)}; value {draw.randrange(1000)}."
    )


def _front(document: Docx, identity: Identity) -> None:
    document.text(f"3GPP TS {identity.spec} V{identity.version} (2026-01)", "ZA")
    document.text("Toy radio network;\nToy protocol specification", "ZT")
    document.text("Contents", "TT")
    document.text("1\tScope\t5", "TOC1")
    document.heading(1, "Foreword")
    document.text("This toy specification was made by a program.")
    document.heading(1, "2\tReferences")
    document.text('[1]\t3GPP TS 38.321: "Another toy".')
    document.heading(1, "3\tDefinitions and abbreviations")
    document.heading(2, "3.1\tDefinitions")
    document.text("toy beam: a direction that exists in this text alone")
    document.heading(2, "3.2\tAbbreviations")
    document.text("TBD\tToy Beam Direction", "EW")


def _procedure(document: Docx, draw: random.Random, clause: int, sub: int) -> int:
    toy = f"ToyConfig-{clause}-{sub}"
    document.text(f"{sentence(draw)} See clause {clause}.1 and TS 38.321 [1], clause 5.2.")
    for _ in range(12):
        document.text(sentence(draw))
    for _ in range(3):
        document.text(f"-\t{sentence(draw)}", "B1")
        document.text(f"-\t{sentence(draw)}", "B2")
    changed = run("The timer is ") + deleted("10") + inserted("20") + run(" ms.")
    document.blocks.append(paragraph(changed))
    document.blocks.append(paragraph(run("Seen.") + run("Not seen.", "<w:vanish/>")))
    fraction = f"<m:f><m:num>{math_text('P')}</m:num><m:den>{math_text('N')}</m:den></m:f>"
    document.blocks.append(paragraph(run("The ratio is ") + math(fraction) + run(".")))
    rows = [("IE", "Presence", "Range")]
    rows += [(f"{draw.choice(_NOUNS)}Id", "M", f"0..{draw.randrange(1, 512)}") for _ in range(4)]
    document.table(rows, f"Table {clause}.{sub}-1: Toy elements")
    document.heading(3, f"–\t{toy}")
    lines = [
        "-- ASN1START",
        f"{toy} ::= SEQUENCE {{",
        f"    power    INTEGER (-30..{draw.randrange(20, 40)}),",
        "    next     BOOLEAN    OPTIONAL",
        "}",
        "-- ASN1STOP",
    ]
    document.code("\n".join(lines))
    return 13 + 6 + 3 + len(lines)
