"""``python -m xapps.platform --home DIR``: the core of an embedded near-RT RIC."""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

import structlog

from contracts.e2.transport import E2Address
from contracts.errors import RanwrightError
from contracts.process import configure_logging, held_lock, private_folder
from contracts.rpc import Emit, Server
from xapps.platform.a1.messages import Dialect
from xapps.platform.control import control_handlers
from xapps.platform.core import ACTUATOR, Core, CoreOptions
from xapps.platform.home import RicHome

_log = structlog.get_logger("ric")


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description="Ranwright's embedded near-RT RIC.")
    parser.add_argument("--home", type=Path, required=True, help="folder of the RIC")
    parser.add_argument("--a1-dialect", type=Dialect, default=Dialect.GO, choices=list(Dialect))
    parser.add_argument(
        "--controller", action="append", help="xApp that may control (default: the actuator)"
    )
    parser.add_argument("--e2", type=E2Address.parse, help="where E2 nodes set E2 up")
    arguments = parser.parse_args()
    controllers = frozenset(arguments.controller or [ACTUATOR])
    configure_logging()
    options = CoreOptions(arguments.a1_dialect, controllers, e2_address=arguments.e2)
    run(RicHome(arguments.home), options)


def run(home: RicHome, options: CoreOptions) -> None:
    """Run a core in this process until it is asked to stop."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    home.create()
    private_folder(home.runtime)
    with held_lock(home.lock, f"The RIC of {home.root}", "ranwright ric down"):
        core = Core(home, options)
        server = Server(home.socket, {"ping": _ping, **control_handlers(core)})
        server.start()
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
