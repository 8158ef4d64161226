"""Attributes of ingested network resource models: YANG leaves and OpenAPI properties.

A specification defines an attribute once and writes it down in several solution sets, which spell
objects and attributes with other capitals (``NRCellDU.nRPCI``, ``NrCellDu-Single.nrPci``), and
often give its values in a named type elsewhere.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from contracts.dictionary import ParameterRecord
from knowledge.ingest.readers.attributes import HEADER, Attribute
from knowledge.ingest.store import Entry, Store

SolutionSet = Literal["yang", "openapi"]
SOLUTION_SETS: tuple[SolutionSet, ...] = ("yang", "openapi")

_SCHEMAS = "schemas/"
_ITSELF = "(itself)"
_DECORATION = re.compile(r"(?:Grp|-(?:Single|Attr|Multiple))$")
_YANG_PLACE = re.compile(r"yang:([\w.-]+)/([\w.-]+)")
_OPENAPI_PLACE = re.compile(r"openapi:[\w.-]+#([\w.-]+)\.([\w-]+)")


class NrmField(NamedTuple):
    """An attribute, its type followed to the end.

    ``holders`` are the names, without case, under which its object may be looked for: around the
    attribute, or the module. ``name`` is without case too.
    """

    solution_set: SolutionSet
    place: str
    holders: frozenset[str]
    name: str
    attribute: Attribute


class NrmFields:
    """All attributes of the newest version of each ingested module."""

    def __init__(self, fields: Iterable[NrmField]) -> None:
        self._named: dict[tuple[SolutionSet, str], list[NrmField]] = defaultdict(list)
        for field in fields:
            self._named[field.solution_set, field.name].append(field)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._named)

    def of(self, card: ParameterRecord, solution_set: SolutionSet) -> list[NrmField]:
        """The card's attribute: under its object, else where its sources and conflicts point."""
        pointers = _pointers(card, solution_set)
        for holder, name in ((card.object_name, card.name), *pointers):
            found = [
                field
                for field in self._named.get((solution_set, name.casefold()), ())
                if holder.casefold() in field.holders
            ]
            if found:
                return found
        return []


def read_fields(store: Store) -> NrmFields:
    """The attributes in a store.

    Raises:
        RanwrightError: ``knowledge.store_busy`` or ``knowledge.store_damaged``.
    """
    newest = {(entry.spec, entry.part): entry for entry in store.entries()}
    entries = {entry.id: entry for entry in newest.values()}
    rows = [
        _Row(entries[document], *_definition(number), Attribute(*cells))
        for document, number, table in store.tables(HEADER)
        if document in entries
        for cells in table
    ]
    types = _Types(rows)
    return NrmFields(_field(row, types) for row in rows)


class _Row(NamedTuple):
    entry: Entry
    solution_set: SolutionSet
    keyword: str
    title: str
    attribute: Attribute

    @property
    def steps(self) -> list[str]:
        """Names from the definition down to the attribute."""
        if self.attribute.path == _ITSELF or self.keyword == "typedef":
            return [self.title]
        return [self.title, *self.attribute.path.replace("[]", "").split(".")]

    @property
    def defines_type(self) -> bool:
        return self.attribute.path == _ITSELF or self.keyword == "typedef"


def _definition(number: str) -> tuple[SolutionSet, str, str]:
    keyword, _, title = number.partition("/")
    return ("openapi" if number.startswith(_SCHEMAS) else "yang"), keyword, title


class _Types:
    """Named types; a name that modules define differently is resolved in its own module alone."""

    def __init__(self, rows: Iterable[_Row]) -> None:
        self._defined: dict[tuple[SolutionSet, str], list[_Row]] = defaultdict(list)
        for row in rows:
            if row.defines_type:
                self._defined[row.solution_set, row.title].append(row)

    def followed(self, row: _Row) -> Attribute:
        """The attribute with base type, and with its type's values and unit where it has none."""
        found = row.attribute
        seen = {row.title} if row.defines_type else set()
        while True:
            name = found.type.removesuffix("[]").rpartition(":")[2]
            target = None if name in seen else self._one(row, name)
            if target is None:
                return found
            seen.add(name)
            found = found._replace(
                type=target.type,
                values=found.values or target.values,
                unit=found.unit or target.unit,
            )

    def _one(self, row: _Row, name: str) -> Attribute | None:
        named = self._defined.get((row.solution_set, name), [])
        own = [one for one in named if one.entry.id == row.entry.id]
        said = {(a.type, a.values, a.unit): a for _, _, _, _, a in own or named}
        return next(iter(said.values())) if len(said) == 1 else None


def _field(row: _Row, types: _Types) -> NrmField:
    *around, name = row.steps
    holders = {_DECORATION.sub("", step) for step in around} | {row.title}
    if row.solution_set == "yang":
        holders.add(row.entry.title)
    return NrmField(
        solution_set=row.solution_set,
        place=f"{row.entry.name} {'.'.join(row.steps)}",
        holders=frozenset(holder.casefold() for holder in holders),
        name=name.casefold(),
        attribute=types.followed(row),
    )


def _pointers(card: ParameterRecord, solution_set: SolutionSet) -> Iterator[tuple[str, str]]:
    pattern = _YANG_PLACE if solution_set == "yang" else _OPENAPI_PLACE
    for source in (*card.verified_by, *card.conflicts):
        match = pattern.match(source)
        if match is not None:
            yield match[1], match[2]
