"""Writes route tables: the other side of :mod:`xapps.platform.rmr.routes`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from contracts.errors import ExitCode, RanwrightError
from xapps.platform.rmr.message import NO_SUB_ID
from xapps.platform.rmr.routes import BY_MEID, MOST_ENDPOINTS_IN_GROUP, MOST_GROUPS

MOST_BATCH_BYTES = 4_000
"""librmr's collector takes less than 4 KiB at a time."""


@dataclass(frozen=True, slots=True)
class RouteEntry:
    """One route.

    Args:
        mtype: message type.
        groups: ``host:port`` names; each message goes to one of each group. Empty: to the owner
            of the message's MEID.
        sub_id: subscription it is for, -1 for all others.
        senders: names of the endpoints that use it; empty: all.
    """

    mtype: int
    groups: tuple[tuple[str, ...], ...] = ()
    sub_id: int = NO_SUB_ID
    senders: tuple[str, ...] = ()

    def text(self) -> str:
        """The record.

        Raises:
            RanwrightError: ``routes.bad_entry``.
        """
        for name in (*self.senders, *(name for group in self.groups for name in group)):
            _check_name(name)
        if len(self.groups) > MOST_GROUPS:
            raise _bad(f"{len(self.groups)} groups of at most {MOST_GROUPS}")
        if any(not 0 < len(group) <= MOST_ENDPOINTS_IN_GROUP for group in self.groups):
            raise _bad(f"a group has none or more than {MOST_ENDPOINTS_IN_GROUP} endpoints")
        endpoints = ";".join(",".join(group) for group in self.groups) or BY_MEID
        text = f"mse|{','.join((str(self.mtype), *self.senders))}|{self.sub_id}|{endpoints}"
        if len(text) >= MOST_BATCH_BYTES:
            # in one table such a record would keep the whole of it from every endpoint
            raise _bad(f"a record of {len(text)} octets; at most {MOST_BATCH_BYTES} travel")
        return text


def table_text(
    entries: Sequence[RouteEntry], owners: Mapping[str, str] | None = None, table_id: str = "table"
) -> str:
    """A full table, and the map of MEIDs to their owners (``host:port``) when one is given.

    Raises:
        RanwrightError: ``routes.bad_entry`` when a name would break the text.
    """
    lines = [f"newrt|start|{table_id}", *(entry.text() for entry in entries)]
    lines.append(f"newrt|end|{len(entries)}")
    if owners is not None:
        lines += _owner_lines(owners, table_id)
    return "".join(f"{line}\n" for line in lines)


def update_text(
    added: Sequence[RouteEntry], removed: Sequence[RouteEntry] = (), table_id: str = "update"
) -> str:
    """Changes to the table that holds: routes added or replaced, and routes removed."""
    lines = [f"updatert|start|{table_id}"]
    lines += [f"del|{entry.mtype}|{entry.sub_id}" for entry in removed]
    lines += [entry.text() for entry in added]
    lines.append(f"updatert|end|{len(added) + len(removed)}")
    return "".join(f"{line}\n" for line in lines)


def batches(text: str, most_bytes: int = MOST_BATCH_BYTES) -> Iterator[str]:
    """The text in pieces that end with a whole record."""
    piece: list[str] = []
    piece_bytes = 0
    for line in text.splitlines(keepends=True):
        line_bytes = len(line.encode())
        if line_bytes > most_bytes:
            raise _bad(f"a record of {line_bytes} octets; at most {most_bytes} travel together")
        if piece_bytes + line_bytes > most_bytes:
            yield "".join(piece)
            piece, piece_bytes = [], 0
        piece.append(line)
        piece_bytes += line_bytes
    if piece:
        yield "".join(piece)


def _owner_lines(owners: Mapping[str, str], table_id: str) -> list[str]:
    lines = [f"meid_map|start|{table_id}"]
    for meid, owner in owners.items():
        _check_name(owner)
        if not meid or not meid.isprintable() or any(letter in "|# " for letter in meid):
            raise _bad(f"MEID {meid!r}")
        lines.append(f"mme_ar|{owner}|{meid}")
    return [*lines, f"meid_map|end|{len(owners)}"]


def _check_name(name: str) -> None:
    if ":" not in name or any(letter in "|,;#%" or not letter.isprintable() for letter in name):
        raise _bad(f"endpoint {name!r} is not host:port")
    if " " in name:
        raise _bad(f"endpoint {name!r} holds a blank")


def _bad(what: str) -> RanwrightError:
    return RanwrightError(
        "routes.bad_entry",
        f"No route can be written for this: {what}.",
        "Correct the descriptor it was made from.",
        ExitCode.USAGE,
    )
