"""The actuator, hurt on demand; how and when stands in the environment.

``CRASH=journal:3``: killed after the third write to the journal; ``ledger:2``: after the second
append or object; ``control:before:2`` and ``control:after:2``: around the way of the second stage's
control to the plant; with ``last_resort``: of the first that sets a power of last resort.
``LIMIT_S=1``: the limit of the way back.
``FULL=acknowledged``: from the write of that step on the journal's disk is full, until the site
holds ``room``.
``CLOCK=acknowledged:-3600``: the wall clock jumps when the journal comes to that step; ``start``.
"""

import os
import signal
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timedelta, tzinfo
from typing import Any

from benchmarks.faults.full_disk import no_room
from contracts import clock
from contracts.ledger.client import LedgerClient
from contracts.process import parse_site
from contracts.site import Site
from xapps.actuator import way_back
from xapps.actuator.__main__ import main
from xapps.actuator.journal import Journal
from xapps.actuator.plant import Plant

LAST_RESORT_MW = 41_000


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killing_at(number: int, *methods: tuple[type, str]) -> None:
    count = 0

    def wrap(method: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            result = method(*args, **kwargs)
            count += 1
            if count == number:
                kill()
            return result

        return counted

    for owner, name in methods:
        setattr(owner, name, wrap(getattr(owner, name)))


def killing_around_control(when: str, which: str) -> None:
    control = Plant.control

    def wrapped(plant: Plant, node: Any, request_id: str, changes: Any) -> Any:
        resort = request_id.endswith(":fall_back") and changes[0].to_mw == LAST_RESORT_MW
        chosen = resort if which == "last_resort" else request_id.endswith(f":{which}")
        if when == "before" and chosen:
            kill()
        result = control(plant, node, request_id, changes)
        if chosen:
            kill()
        return result

    Plant.control = wrapped  # type: ignore[method-assign,assignment]


def filling_the_disk(step: str, site: Site) -> None:
    """The journal can write to no file from a step on."""
    write, reached = Journal._write, False
    claim, advance = Journal.claim, Journal.advance

    def claiming(journal: Journal, entry: Any, *args: Any) -> None:
        nonlocal reached
        reached = reached or entry.step == step
        claim(journal, entry, *args)

    def advancing(journal: Journal, name: str, to: Any, *args: Any, **kwargs: Any) -> None:
        nonlocal reached
        reached = reached or to == step
        advance(journal, name, to, *args, **kwargs)

    Journal.claim = claiming  # type: ignore[method-assign,assignment]
    Journal.advance = advancing  # type: ignore[method-assign,assignment]

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        full = reached and not (site.root / "room").exists()
        with no_room() if full else nullcontext():
            return write(*args, **kwargs)

    Journal._write = wrapped  # type: ignore[method-assign]


def jumping_the_clock(step: str, by_s: int) -> None:
    advance = Journal.advance
    ahead = timedelta(seconds=by_s if step == "start" else 0)

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + ahead

    def wrapped(journal: Journal, name: str, reached: Any, *args: Any, **kwargs: Any) -> None:
        nonlocal ahead
        advance(journal, name, reached, *args, **kwargs)
        if reached == step:
            ahead = timedelta(seconds=by_s)

    clock.datetime = Shifted  # type: ignore[attr-defined]
    Journal.advance = wrapped  # type: ignore[method-assign,assignment]


def hurt(environment: "os._Environ[str]", site: Site) -> None:
    place, *when = environment.get("CRASH", "").split(":")
    if place == "journal":
        killing_at(int(when[0]), (Journal, "_write"))
    elif place == "ledger":
        killing_at(int(when[0]), (LedgerClient, "append"), (LedgerClient, "put_object"))
    elif place:
        killing_around_control(when[0], when[1])
    if limit_s := environment.get("LIMIT_S"):
        way_back.LIMIT_S = float(limit_s)
    if full := environment.get("FULL"):
        filling_the_disk(full, site)
    if jump := environment.get("CLOCK"):
        step, by_s = jump.split(":")
        jumping_the_clock(step, int(by_s))


if __name__ == "__main__":
    hurt(os.environ, parse_site("the actuator, hurt"))
    main()
