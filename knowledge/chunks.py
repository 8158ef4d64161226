"""Chunks: what of a clause is searched and cited at a time, and the heading every chunk carries.

One chunk a clause, parted between pieces when the clause is long. A heading with specification,
protocol, clause, title and path is the largest single gain of clause search; it is searched with
the text but is no part of what is cited.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from knowledge.ingest.model import Clause, Document, Piece

MAX_CHARS = 1_400
"""Longest chunk: about the 256 tokens that the encoder reads."""

_TITLE_CHARS = 60

PROTOCOLS = {
    "28.312": "intent NRM",
    "28.541": "NR NRM",
    "28.552": "performance measurements PM",
    "36.331": "LTE RRC",
    "36.413": "S1AP",
    "36.423": "X2AP",
    "37.340": "multi-connectivity MR-DC",
    "37.483": "E1AP",
    "38.211": "physical channels PHY",
    "38.213": "physical layer control PHY",
    "38.214": "physical layer data PHY",
    "38.300": "NR overall",
    "38.304": "idle mode cell reselection",
    "38.321": "MAC",
    "38.322": "RLC",
    "38.323": "PDCP",
    "38.331": "RRC",
    "38.401": "NG-RAN architecture",
    "38.410": "NG",
    "38.413": "NGAP",
    "38.423": "XnAP",
    "38.425": "NR user plane",
    "38.455": "NRPPa",
    "38.463": "E1AP",
    "38.473": "F1AP",
    "37.355": "LPP",
}
"""What engineers call the protocol or model of a specification."""


class Chunk(NamedTuple):
    """``clause`` is the clause's place in its document, ``part`` counts chunks within it."""

    clause: int
    part: int
    text: str


def chunks(document: Document) -> list[Chunk]:
    """All chunks in reading order; clauses without text, and the cover, have none of their own."""
    return [
        Chunk(at, part, text)
        for at, clause in enumerate(document.clauses)
        if clause.path
        for part, text in enumerate(split(clause))
    ]


def split(clause: Clause) -> list[str]:
    """Texts of a clause's chunks, none longer than :data:`MAX_CHARS`."""
    found: list[str] = []
    for text in (part for piece in clause.pieces for part in _parts(piece)):
        if found and len(found[-1]) + len(text) < MAX_CHARS:
            found[-1] = f"{found[-1]}\n{text}"
        else:
            found.append(text)
    return found


def header(spec: str, title: str, clause: Clause) -> str:
    """``TS 38.473 F1AP §8.2.3 F1 Setup (Interface management › F1 Setup)``.

    The last part of the document's title stands for a protocol that is not known.
    """
    name = f"TS {spec}" if spec[:2].isdigit() else spec
    protocol = PROTOCOLS.get(spec) or re.split(r"[;\n]", title)[-1].strip()[:_TITLE_CHARS]
    number = f"§{clause.number}" if clause.number else ""
    path = f"({' › '.join(clause.path)})" if len(clause.path) > 1 else ""
    return " ".join(filter(None, (name, protocol, number, clause.title, path)))


def _parts(piece: Piece) -> Iterator[str]:
    text = f"{piece.caption}\n{piece.text}" if piece.caption else piece.text
    line = ""
    for one in text.split("\n"):
        while len(one) > MAX_CHARS:
            if line:
                yield line
                line = ""
            yield one[:MAX_CHARS]
            one = one[MAX_CHARS:]
        if line and len(line) + len(one) >= MAX_CHARS:
            yield line
            line = one
        else:
            line = f"{line}\n{one}" if line else one
    if line:
        yield line
