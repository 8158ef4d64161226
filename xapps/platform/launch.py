"""Runs an xApp written for the O-RAN SC RIC, unchanged, on the embedded RIC.

    python -m xapps.platform.launch (-m MODULE | SCRIPT) [ARGUMENT ...]

Before the xApp starts: C libraries that do not load get their stand-ins, payloads are read in one
piece, handlers of ``RMRXapp`` are guarded, and the platform's service names lead to where
``RANWRIGHT_SERVICE_MAP`` says. The rest of the environment (RMR_*, CONFIG_FILE,
DBAAS_SERVICE_HOST, ...) is the xApp's own.
"""

import importlib
import os
import runpy
import sys
from pathlib import Path

import structlog

from contracts.errors import ExitCode, RanwrightError
from contracts.process import configure_logging
from xapps.platform.resolver import SERVICE_MAP_VARIABLE, map_services, parse_service_map
from xapps.platform.standin.guard import guard_handlers
from xapps.platform.standin.install import install
from xapps.platform.standin.payload import read_in_one_piece

_log = structlog.get_logger(__name__)


def prepare() -> None:
    """Make this process a place where ``ricxappframe`` runs.

    Raises:
        RanwrightError: ``launch.bad_service_map``, ``standin.no_framework``.
    """
    services = os.environ.get(SERVICE_MAP_VARIABLE)
    if services:
        map_services(parse_service_map(services))
    stands_in = install()
    read_in_one_piece(importlib.import_module("ricxappframe.rmr.rmr"))
    guard_handlers(importlib.import_module("ricxappframe.xapp_frame").RMRXapp)
    _log.info("launch.prepared", stand_ins=[name for name, ours in stands_in.items() if ours])


def main(arguments: list[str]) -> None:
    """Prepare the process, and run the xApp as ``python`` itself would.

    Raises:
        RanwrightError: ``launch.usage``, or as :func:`prepare`.
    """
    configure_logging()
    as_module = arguments[:1] == ["-m"]
    target, *rest = arguments[as_module:] or [""]
    if not target or target.startswith("-") or not (as_module or Path(target).is_file()):
        raise RanwrightError(
            "launch.usage",
            f"No xApp {target!r} to run.",
            "Give -m MODULE or the file of a script, then its arguments.",
            ExitCode.USAGE,
        )
    prepare()
    sys.argv = [target, *rest]
    if as_module:
        sys.path.insert(0, str(Path.cwd()))
        runpy.run_module(target, run_name="__main__", alter_sys=True)
    else:
        sys.path.insert(0, str(Path(target).resolve().parent))
        runpy.run_path(target, run_name="__main__")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except RanwrightError as refused:
        _log.error("launch.refused", **refused.to_json())
        sys.exit(int(refused.exit_code))
