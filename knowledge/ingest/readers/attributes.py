"""Attributes of an object as rows of one table, whichever language defines them."""

from typing import NamedTuple

HEADER = ("attribute", "type", "values", "unit", "default", "meaning")
MULTIPLE_OF = "multiple of "


class Attribute(NamedTuple):
    """One row.

    ``values`` is a range (``0..1007``, ``0..62 multiple of 2``), literals parted by ``|``, or a
    pattern.
    """

    path: str
    type: str = ""
    values: str = ""
    unit: str = ""
    default: str = ""
    meaning: str = ""


def rows(attributes: list[Attribute]) -> tuple[tuple[str, ...], ...]:
    """The table's rows under :data:`HEADER`."""
    return (HEADER, *(tuple(" ".join(cell.split()) for cell in row) for row in attributes))
