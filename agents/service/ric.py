"""Starting, asking and stopping the core of an embedded near-RT RIC."""

import importlib.util
from collections.abc import Sequence
from typing import Any

from agents.service.daemon import Daemon
from contracts.errors import ExitCode, RanwrightError
from contracts.rpc import Client
from contracts.site import Site
from xapps.platform.home import RicHome

ASK_TIMEOUT_S = 60.0


def pid(home: RicHome) -> int | None:
    """Process id of the core, ``None`` where none answers."""
    try:
        return int(ask(home, "ping")["pid"])
    except RanwrightError as error:
        if error.code != "ric.down":
            raise
        return None


def ask(home: RicHome, method: str, **params: Any) -> Any:
    """Call a method of the core (:mod:`xapps.platform.control`).

    Raises:
        RanwrightError: ``ric.down`` when none answers, or what the core raised.
    """
    try:
        with Client(home.socket, timeout_s=ASK_TIMEOUT_S) as client:
            return client.call(method, params)
    except RanwrightError as error:
        if error.code != "rpc.unreachable":
            raise
        raise RanwrightError(
            "ric.down",
            f"The RIC of {home.root} does not answer.",
            "Start it (ranwright ric up).",
            ExitCode.DEFECT,
        ) from error


def start(
    home: RicHome, dialect: str, controllers: Sequence[str] = (), site: Site | None = None
) -> bool:
    """Start the core and wait until it answers; false where it was up.

    Args:
        home: its folder.
        dialect: of A1 policy requests to xApps.
        controllers: xApps that may control; by default the actuator.
        site: whose RIC it is; ``None``: a stand-alone one.

    Raises:
        RanwrightError: ``ric.other_place``, ``ric.no_framework``, ``process.did_not_start`` with
            the end of its log.
    """
    home.require_place(site)
    if pid(home) is None and importlib.util.find_spec("ricxappframe") is None:
        raise RanwrightError(
            "ric.no_framework",
            "ricxappframe is not installed; the RIC needs its records, and xApps all of it.",
            "Install the extra: pip install 'ranwright[ric]'.",
            ExitCode.DEFECT,
        )
    home.create()
    place = ["--home", str(home.root)] if site is None else ["--site", str(site.root)]
    options = [*place, "--a1-dialect", dialect]
    options += [word for name in controllers for word in ("--controller", name)]
    return _core(home).start(["-m", "xapps.platform", *options])


def stop(home: RicHome) -> bool:
    """Ask the core to end, its xApps with it, and wait until it has; false where it was down.

    Raises:
        RanwrightError: ``process.did_not_stop``.
    """
    return _core(home).stop()


def _core(home: RicHome) -> Daemon:
    return Daemon(f"The RIC of {home.root}", home.lock, home.log("core"), lambda: pid(home))
