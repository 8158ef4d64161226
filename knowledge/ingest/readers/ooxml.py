"""Names of Office Open XML (ISO/IEC 29500), and parts of a package."""

import posixpath
from xml.etree.ElementTree import Element

from knowledge.ingest.archive import Archive
from knowledge.ingest.limits import damaged
from knowledge.ingest.xml import parse

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_STRICT = (
    (b"http://purl.oclc.org/ooxml/wordprocessingml/main", W[1:-1].encode()),
    (b"http://purl.oclc.org/ooxml/officeDocument/math", M[1:-1].encode()),
)
_OFF = frozenset({"0", "false", "off", "none"})
_MAIN = "/officeDocument"


def value(element: Element | None) -> str:
    """The ``w:val`` of an element, empty where either is missing."""
    return "" if element is None else element.get(W + "val", "")


def is_on(element: Element | None) -> bool | None:
    """A switch such as ``w:vanish``: on, off, or not there (None)."""
    return None if element is None else value(element).lower() not in _OFF


def integer(text: str) -> int | None:
    """A whole number as attributes write it, None where it is none."""
    digits = text.strip()
    return int(digits) if len(digits) <= 9 and digits.removeprefix("-").isdecimal() else None


def main_part(archive: Archive) -> str:
    """Name of the part that Word shows, by the package's relationships."""
    if "_rels/.rels" in archive.names:
        for relation in parse(archive.read("_rels/.rels")):
            if relation.get("Type", "").endswith(_MAIN):
                return posixpath.normpath(relation.get("Target", "")).lstrip("/")
    raise damaged("no main document in the package")


def part(archive: Archive, name: str) -> Element:
    """A part's root; strict documents look like transitional ones."""
    data = archive.read(name)
    for strict, transitional in _STRICT:
        data = data.replace(strict, transitional)
    return parse(data)
