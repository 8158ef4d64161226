"""What tests of the platform share: waiting for a condition, endpoints, route tables."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from xapps.platform.rmr import RmrEndpoint, RmrSettings, RouteEntry, table_text

T = TypeVar("T")


def eventually(condition: Callable[[], T], what: str, deadline_s: float = 20.0) -> T:
    """Wait until a condition holds, and return what it gave."""
    end_s = time.monotonic() + deadline_s
    while not (value := condition()):
        assert time.monotonic() < end_s, f"never: {what}"
        time.sleep(0.005)
    return value


@contextmanager
def endpoints(count: int, **changes: object) -> Iterator[list[RmrEndpoint]]:
    """Endpoints on free loopback ports, closed at the end."""
    opened = [RmrEndpoint(RmrSettings(**changes)) for _ in range(count)]  # type: ignore[arg-type]
    try:
        yield opened
    finally:
        for endpoint in opened:
            endpoint.close()


def routed(endpoint: RmrEndpoint, mtype: int, *names: str) -> None:
    """Give an endpoint one route, to a single group."""
    endpoint.set_routes(table_text([RouteEntry(mtype, (names,))]))
