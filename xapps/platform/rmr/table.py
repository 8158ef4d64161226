"""A route table: which endpoints a message goes to."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from xapps.platform.rmr.message import NO_SUB_ID

Key = tuple[int, int]
"""Subscription id (-1: any) and message type."""


class Group:
    """Endpoints that take turns; one of them gets each message."""

    __slots__ = ("_turn", "names")

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self._turn = itertools.count()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Group) and self.names == other.names

    def __hash__(self) -> int:
        return hash(self.names)

    def __repr__(self) -> str:
        return f"Group({self.names!r})"

    def in_turn(self) -> tuple[str, ...]:
        """All names, the one whose turn it is first."""
        if len(self.names) == 1:
            return self.names
        first = next(self._turn) % len(self.names)
        return self.names[first:] + self.names[:first]


@dataclass(frozen=True, slots=True)
class Route:
    """Where messages of one key go: to one of each group, or to the owner of their MEID."""

    groups: tuple[Group, ...] = ()
    by_meid: bool = False


def _empty() -> Mapping[Key, Route]:
    return MappingProxyType({})


def _no_owners() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RouteTable:
    """Routes by key, and the owner (``host:port``) of each MEID. Never changed, only replaced."""

    routes: Mapping[Key, Route] = field(default_factory=_empty)
    owners: Mapping[str, str] = field(default_factory=_no_owners)

    def groups(self, mtype: int, sub_id: int = NO_SUB_ID, meid: str = "") -> tuple[Group, ...]:
        """The groups of which one endpoint each gets the message; none when there is no route.

        The route of the subscription comes before that of the message type alone.
        """
        route = self.routes.get((sub_id, mtype)) or self.routes.get((NO_SUB_ID, mtype))
        if route is None:
            return ()
        if not route.by_meid:
            return route.groups
        owner = self.owners.get(meid)
        return (Group((owner,)),) if owner else ()
