"""Route table text as the RIC's route manager sends it and as a seed file holds it.

Records are lines of fields between ``|``; the first letter of a record decides what it is. A table
takes effect as a whole at its ``end`` record, or not at all.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from types import MappingProxyType

from contracts.errors import ExitCode, RanwrightError
from xapps.platform.rmr.message import NO_SUB_ID
from xapps.platform.rmr.table import Group, Key, Route, RouteTable

MOST_GROUPS = 64
MOST_ENDPOINTS_IN_GROUP = 32
MOST_RECORDS = 65_536
BY_MEID = "%meid"

_COMMENT = re.compile(r"(^|\s)#.*")
_NUMBER = re.compile(r"\s*([+-]?\d{1,10})\s*")


@dataclass(frozen=True, slots=True)
class TableAnswer:
    """What became of a table: taken, or refused for a reason."""

    table_id: str
    refusal: str | None = None


@dataclass
class _Draft:
    """A table on its way in."""

    kind: str
    table_id: str
    routes: dict[Key, Route]
    owners: dict[str, str]
    records: int = field(default=0)
    fault: str | None = field(default=None)


class RouteTableReader:
    """Reads records, in as many pieces as they come, and keeps the table that holds.

    Args:
        own: names and addresses of this endpoint. Routes to it are left out, records for other
            senders too.
    """

    def __init__(self, own: Collection[str]) -> None:
        self._own = frozenset(own)
        self._draft: _Draft | None = None
        self._managed = False
        self.table = RouteTable()
        self.ready = False

    def feed(self, text: str, *, managed: bool = False) -> list[TableAnswer]:
        """Read whole records; returns what became of each table that ended, or was cut short.

        Args:
            text: records, a line each.
            managed: they come from a route manager. Updates count only on top of its tables.
        """
        answers: list[TableAnswer] = []
        for line in text.replace("\0", "\n").splitlines():
            fields = [part.strip() for part in _COMMENT.sub("", line).split("|")]
            if fields[0]:
                answers += self._record(fields, managed)
        return answers

    def _record(self, fields: list[str], managed: bool) -> list[TableAnswer]:
        kind = fields[0]
        if kind[0] in "nu" or kind == "meid_map":
            name = {"n": "newrt", "u": "updatert"}.get(kind[0], "meid_map")
            if len(fields) > 1 and fields[1].startswith("end"):
                return self._end(name, fields, managed)
            return self._start(name, fields, managed)
        if (draft := self._draft) is None:
            return []
        try:
            self._entry(draft, kind, fields)
        except ValueError as error:
            draft.fault = draft.fault or f"bad record {'|'.join(fields)[:80]}: {error}"
        return []

    def _start(self, kind: str, fields: list[str], managed: bool) -> list[TableAnswer]:
        cut_short = [TableAnswer(self._draft.table_id, "table not complete")] if self._draft else []
        self._draft = None
        if kind == "updatert" and not (managed and self._managed):
            return cut_short
        kept = {} if kind == "newrt" else dict(self.table.routes)
        table_id = fields[2] if len(fields) > 2 else ""
        self._draft = _Draft(kind, table_id, kept, dict(self.table.owners))
        return cut_short

    def _end(self, kind: str, fields: list[str], managed: bool) -> list[TableAnswer]:
        draft, self._draft = self._draft, None
        if draft is None:
            return []
        refusal = draft.fault
        if draft.kind != kind:
            refusal = f"{draft.kind} ended by {kind}"
        elif len(fields) > 2 and fields[2] and fields[2] != str(draft.records):
            refusal = f"missing table records: expected {fields[2][:20]} got {draft.records}"
        if refusal is not None:
            return [TableAnswer(draft.table_id, refusal)]
        self.table = RouteTable(MappingProxyType(draft.routes), MappingProxyType(draft.owners))
        if kind == "newrt":
            self.ready = True
            self._managed = self._managed or managed
        return [TableAnswer(draft.table_id)]

    def _entry(self, draft: _Draft, kind: str, fields: list[str]) -> None:
        if draft.records >= MOST_RECORDS:
            raise ValueError(f"more than {MOST_RECORDS} records")
        if kind in ("mme_ar", "mme_del"):
            if draft.kind == "meid_map":
                _own_meids(draft, kind, fields)
        elif draft.kind != "meid_map":
            self._route(draft, kind, fields)

    def _route(self, draft: _Draft, kind: str, fields: list[str]) -> None:
        if kind[0] == "d":
            _need(fields, 3)
            draft.records += 1
            mtype, _ = _type_and_senders(fields[1])
            draft.routes.pop((_number(fields[2]), mtype), None)
        elif kind == "mse":
            _need(fields, 4)
            self._add(draft, fields[1], fields[2], fields[3])
        elif kind[0] == "r":
            _need(fields, 3)
            sub_id = fields[3] if len(fields) > 3 and fields[3] else str(NO_SUB_ID)
            self._add(draft, fields[1], sub_id, fields[2])

    def _add(self, draft: _Draft, type_and_senders: str, sub_id: str, endpoints: str) -> None:
        draft.records += 1  # records for other senders count too: the sum is the sender's
        mtype, senders = _type_and_senders(type_and_senders)
        key = (_number(sub_id), mtype)
        route = self._destination(endpoints)
        if not senders or self._own & senders:
            draft.routes[key] = route

    def _destination(self, endpoints: str) -> Route:
        if endpoints == BY_MEID:
            return Route(by_meid=True)
        texts = endpoints.split(";")
        if len(texts) > MOST_GROUPS:
            raise ValueError(f"more than {MOST_GROUPS} groups")
        groups = [self._group(text) for text in texts]
        return Route(tuple(group for group in groups if group.names))

    def _group(self, text: str) -> Group:
        names = [name.strip() for name in text.split(",") if name.strip()]
        if len(names) > MOST_ENDPOINTS_IN_GROUP:
            raise ValueError(f"more than {MOST_ENDPOINTS_IN_GROUP} endpoints in a group")
        for name in names:
            if ":" not in name:
                raise ValueError(f"endpoint {name!r} is not host:port")
        return Group(tuple(name for name in names if name not in self._own))


def read_table(text: str, own: Collection[str] = ()) -> RouteTable:
    """The table that a whole text holds.

    Raises:
        RanwrightError: ``routes.refused`` when a table in it is faulty, or none is complete.
    """
    reader = RouteTableReader(own)
    check_answers(reader.feed(text))
    return reader.table


def check_answers(answers: list[TableAnswer]) -> None:
    """Hold that tables were read and all of them taken.

    Raises:
        RanwrightError: ``routes.refused``.
    """
    refusals = [answer.refusal for answer in answers if answer.refusal is not None]
    if refusals or not answers:
        raise RanwrightError(
            "routes.refused",
            f"No route table was taken: {refusals[0] if refusals else 'none is complete'}.",
            "Send newrt|start, the records, newrt|end with their number.",
            ExitCode.USAGE,
        )


def _own_meids(draft: _Draft, kind: str, fields: list[str]) -> None:
    draft.records += 1
    if kind == "mme_ar":
        _need(fields, 3)
        if ":" not in fields[1]:
            raise ValueError(f"owner {fields[1]!r} is not host:port")
        draft.owners.update((meid, fields[1]) for meid in fields[2].split())
    else:
        _need(fields, 2)
        for meid in fields[1].split():
            draft.owners.pop(meid, None)


def _type_and_senders(text: str) -> tuple[int, frozenset[str]]:
    mtype, *senders = text.split(",")
    return _number(mtype), frozenset(name.strip() for name in senders if name.strip())


def _number(text: str) -> int:
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:20]!r} is not a number")
    return int(found[1])


def _need(fields: list[str], count: int) -> None:
    if len(fields) < count:
        raise ValueError(f"{len(fields)} fields of {count}")
