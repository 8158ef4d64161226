"""The core of an embedded near-RT RIC: ``--home DIR`` a stand-alone one, ``--site DIR`` a site's.

A site's RIC changes its xApps under certificates alone. Which one it is follows from where its
folder lies, and no option makes the one the other.
"""

import argparse
import os
import sys
from pathlib import Path

import structlog

from contracts.e2.transport import E2Address
from contracts.errors import RanwrightError
from contracts.process import (
    StopSignal,
    collect_rarely,
    configure_logging,
    held_lock,
    private_folder,
)
from contracts.rpc import Emit, Server
from contracts.site import Site
from contracts.xapp_rules import ACTUATOR
from xapps.platform.a1.messages import Dialect
from xapps.platform.control import control_handlers
from xapps.platform.core import Core, CoreOptions
from xapps.platform.home import RicHome

_log = structlog.get_logger("ric")
_TURN_S = 0.0005
"""Of a thread that computes, a tenth of Python's own: messages pass several threads."""


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description="Ranwright's embedded near-RT RIC.")
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--home", type=Path, help="folder of a stand-alone RIC")
    place.add_argument("--site", type=Path, help="folder of the site whose RIC it is")
    parser.add_argument("--a1-dialect", type=Dialect, default=Dialect.GO, choices=list(Dialect))
    parser.add_argument(
        "--controller", action="append", help="xApp that may control (default: the actuator)"
    )
    parser.add_argument("--e2", type=E2Address.parse, help="where E2 nodes set E2 up")
    arguments = parser.parse_args()
    if arguments.site is not None and arguments.controller:
        parser.error("on a site's RIC the actuator alone controls: no --controller with --site")
    controllers = frozenset(arguments.controller or [ACTUATOR])
    configure_logging()
    site = None if arguments.site is None else Site(arguments.site)
    home = RicHome(arguments.home if site is None else site.ric)
    home.require_place(site)
    options = CoreOptions(arguments.a1_dialect, controllers, site=site, e2_address=arguments.e2)
    run(home, options)


def run(home: RicHome, options: CoreOptions) -> None:
    """Run a core in this process until it is asked to stop."""
    sys.setswitchinterval(_TURN_S)
    stop = StopSignal()
    home.create()
    private_folder(home.runtime)
    with held_lock(home.lock, f"The RIC of {home.root}", "ranwright ric down"):
        core = Core(home, options)
        server = Server(home.socket, {"ping": _ping, **control_handlers(core)})
        server.start()
        collect_rarely()
        _log.info("process.ready", pid=os.getpid())
        stop.wait()
        server.close()
        core.close()
    _log.info("process.stopped")


def _ping(_params: dict[str, object], _emit: Emit) -> dict[str, object]:
    return {"role": "ric", "pid": os.getpid()}


if __name__ == "__main__":
    try:
        main()
    except RanwrightError as refused:
        _log.error("ric.refused", **refused.to_json())
        sys.exit(int(refused.exit_code))
