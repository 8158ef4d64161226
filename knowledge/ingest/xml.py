"""XML without document types: no entities of its own, none from outside, no expansion."""

from xml.etree import ElementTree
from xml.parsers import expat

from contracts.errors import RanwrightError
from knowledge.ingest.limits import damaged


class _RootReachedError(Exception):
    """The prolog is over; a document type can stand only before."""


def parse(data: bytes) -> ElementTree.Element:
    """The root element.

    Raises:
        RanwrightError: ``ingest.document_type`` when a document type is declared (entity
            expansion, external entities), ``ingest.damaged`` when it is not well formed.
    """
    try:
        _refuse_document_type(data)
        return ElementTree.fromstring(data)  # noqa: S314 - no document type, hence no entities
    except (ElementTree.ParseError, expat.ExpatError, LookupError, ValueError) as error:
        raise damaged(f"XML: {error}") from error


def _refuse_document_type(data: bytes) -> None:
    parser = expat.ParserCreate()

    def refuse(name: str, *_: object) -> None:
        raise RanwrightError(
            "ingest.document_type",
            f"The file declares the document type {name!r}, which could pull in other files.",
            "Office documents have none; get the file from the official archive.",
        )

    def stop(*_: object) -> None:
        raise _RootReachedError

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = stop
    try:
        parser.Parse(data, True)
    except _RootReachedError:
        return
