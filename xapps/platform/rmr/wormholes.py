"""Wormholes: numbered ways to an endpoint that need no route."""

import threading

from xapps.platform.rmr.links import Link
from xapps.platform.rmr.message import RmrState


class Wormholes:
    """Links by number. A link opened twice keeps its number."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._links: dict[int, Link] = {}
        self._next = 0

    def open(self, link: Link) -> int:
        """The number of a link."""
        with self._lock:
            for number, known in self._links.items():
                if known is link:
                    return number
            number, self._next = self._next, self._next + 1
            self._links[number] = link
            return number

    def close(self, number: int) -> None:
        """Forget a number."""
        with self._lock:
            self._links.pop(number, None)

    def link(self, number: int) -> Link | None:
        """The link of a number."""
        return self._links.get(number)

    def state(self, number: int) -> RmrState:
        """OK, or why nothing can be sent."""
        if not self._links:
            return RmrState.NO_WORMHOLE_OPEN
        link = self._links.get(number)
        if link is None:
            return RmrState.WORMHOLE_ID
        return RmrState.OK if link.connected else RmrState.NO_ENDPOINT
