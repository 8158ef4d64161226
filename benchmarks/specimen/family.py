"""Several made-up specifications that resemble each other, in two versions, and questions on them.

Like real application protocols: every specification has procedures of the same kinds with nearly
the same sentences, so that a clause is told from its siblings by a few words, by its heading, and
by the specification that the question names. A later version differs in numbers and some words.
"""

import random
from typing import NamedTuple

from benchmarks.specimen.docx import Docx, package
from benchmarks.specimen.specification import archive_stem
from knowledge.ingest.number import Identity

PROTOCOLS = {
    "38.951": ("Toy Anchor Protocol", "anchor node", "leaf node"),
    "38.952": ("Toy Bridge Protocol", "bridge node", "peer node"),
    "38.953": ("Toy Radio Protocol", "radio controller", "terminal"),
    "38.954": ("Toy Split Protocol", "central part", "remote part"),
}
VERSIONS = ("18.1.0", "18.2.0")
_PROCEDURES = {
    "Context Setup": "create the stored state of a terminal",
    "Context Release": "delete the stored state of a terminal",
    "Interface Reset": "bring both ends of the link back to their starting state",
    "Load Report": "tell how many resource blocks are occupied",
    "Beam Switch": "move a terminal from one beam to another",
    "Path Change": "send user packets along another route",
    "Error Notice": "say that a received message could not be understood",
    "Sleep Order": "put a cell to sleep to save energy",
    "Slice Update": "change the shares that network slices get",
    "Page Relay": "pass on a page for a terminal that is idle",
}
_PARTS = ("General", "Successful operation", "Unsuccessful operation", "Abnormal conditions")
_CAUSES = ("lack of memory", "an unknown identity", "too high a load", "a wrong state", "a bad key")
_ELEMENTS = ("Weight", "Timer", "Identity", "List", "Window", "Margin", "Counter", "Mask")
_SUBJECTS = ("Beam", "Cell", "Slice", "Bearer", "Load", "Page", "Path", "Sleep")


class Question(NamedTuple):
    """A question, and the clause of the newest version that answers it."""

    text: str
    spec: str
    number: str
    version: str = VERSIONS[-1]


def family(seed: int) -> tuple[dict[str, bytes], list[Question]]:
    """Official archives by name, and questions whose words are not those of the clauses."""
    archives: dict[str, bytes] = {}
    questions: list[Question] = []
    for spec in PROTOCOLS:
        for version in VERSIONS:
            # One seed for both versions: what the second draw changes is what differs.
            draw = random.Random(f"{seed} {spec}")
            late = random.Random(f"{seed} {spec} {version}")
            identity = Identity(spec, version)
            document, asked = _document(identity, draw, late)
            stem = archive_stem(identity)
            archives[f"{stem}.zip"] = package({f"{stem}.docx": document.data()})
            if version == VERSIONS[-1]:
                questions += asked
    random.Random(seed).shuffle(questions)
    return archives, questions


def _document(
    identity: Identity, draw: random.Random, late: random.Random
) -> tuple[Docx, list[Question]]:
    name, near, far = PROTOCOLS[identity.spec]
    document = Docx()
    document.text(f"3GPP TS {identity.spec} V{identity.version} (2026-01)", "ZA")
    document.text(f"Toy radio network;\n{name}", "ZT")
    document.heading(1, "Foreword")
    document.text("This toy specification was made by a program.")
    document.heading(1, "3\tDefinitions and abbreviations")
    document.heading(2, "3.2\tAbbreviations")
    initials = "".join(word[0] for word in name.split())
    document.text(f"{initials}\t{name}", "EW")
    document.heading(1, "8\tProcedures")
    questions: list[Question] = []
    for at, (procedure, purpose) in enumerate(_PROCEDURES.items(), start=1):
        document.heading(2, f"8.{at}\t{procedure}")
        for part, title in enumerate(_PARTS, start=1):
            document.heading(3, f"8.{at}.{part}\t{title}")
            number = f"8.{at}.{part}"
            text, asked = _procedure(title, procedure, purpose, (near, far), draw, late)
            document.text(text)
            questions.append(Question(f"{asked} (TS {identity.spec})", identity.spec, number))
    document.heading(1, "9\tElements")
    for at, subject in enumerate(_SUBJECTS, start=1):
        kind = _ELEMENTS[(at + int(identity.spec[-1])) % len(_ELEMENTS)]
        document.heading(2, f"9.{at}\t{subject} {kind}")
        high = late.randrange(8, 512)
        document.text(f"This element carries the {kind.lower()} of a {subject.lower()}.")
        rows = [("Name", "Presence", "Range"), (f"{subject} {kind}", "M", f"0..{high}")]
        document.table(rows, f"Table 9.{at}-1: {subject} {kind}")
        asked = f"Which numbers may the {subject.lower()} {kind.lower()} take in {name}?"
        questions.append(Question(asked, identity.spec, f"9.{at}"))
    return document, questions


def _procedure(
    title: str,
    procedure: str,
    purpose: str,
    ends: tuple[str, str],
    draw: random.Random,
    late: random.Random,
) -> tuple[str, str]:
    near, far = ends
    upper = procedure.upper()
    cause, wait = draw.choice(_CAUSES), late.randrange(10, 2000)
    if title == "General":
        text = f"The purpose of the {procedure} procedure is to {purpose}. It is started by"
        return f"{text} the {near}.", f"What is {procedure.lower()} for and who begins it?"
    if title == "Successful operation":
        text = f"The {near} sends the {upper} REQUEST message to the {far} and starts a timer of"
        text += f" {wait} ms. The {far} acts and answers with the {upper} RESPONSE message."
        return text, f"Which message confirms that {procedure.lower()} was done?"
    if title == "Unsuccessful operation":
        text = f"If the {far} cannot act because of {cause}, it answers with the {upper} FAILURE"
        text += f" message. The {near} may try again after {wait} ms."
        return text, f"What happens when the {far} has to turn down {procedure.lower()}?"
    text = f"If no answer to the {upper} REQUEST message arrives within {wait} ms, the {near}"
    text += " sends it once more and then regards the procedure as failed."
    return text, f"{procedure}: the {far} stays silent, what then?"
