"""How a process of a site starts, says that it is ready, and stops on SIGTERM."""

import argparse
import fcntl
import gc
import logging
import os
import select
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog

from contracts.errors import ExitCode, RanwrightError
from contracts.rpc import Emit, Handler, Server
from contracts.site import Role, Site

_YOUNG = 20_000
"""New objects after which Python looks for garbage: those of several reports of many UEs, which are
no garbage of the kind it looks for.
"""


def parse_site(description: str) -> Site:
    """The site named by ``--site DIR`` on the command line."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--site", type=Path, required=True, help="folder of the site")
    return Site(parser.parse_args().site)


def configure_logging() -> None:
    """Log JSON lines to standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )


def collect_rarely() -> None:
    """Leave what is there now out of the search for garbage, and search less often.

    All threads wait for a search. Among what a process has imported it takes a tenth of a second.
    """
    gc.freeze()
    gc.set_threshold(_YOUNG)


class StopSignal:
    """SIGTERM or SIGINT, from now on; made and waited for in the main thread."""

    def __init__(self) -> None:
        # any thread may be the one that the kernel interrupts, and only a byte in a pipe wakes the
        # main thread then: Event.wait() was seen to sleep on
        self._told, told = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(told)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)

    def wait(self) -> None:
        """Return once it came."""
        select.select([self._told], [], [])


def serve(site: Site, role: Role, handlers: Mapping[str, Handler]) -> None:
    """Answer on the role's socket, ``ping`` included, until SIGTERM or SIGINT.

    Call it from the main thread while :func:`sole_process` is held.
    """
    stop = StopSignal()
    server = Server(site.socket(role), {"ping": _ping(role), **handlers})
    server.start()
    log = structlog.get_logger(role)
    log.info("process.ready", pid=os.getpid())
    stop.wait()
    server.close()
    log.info("process.stopped")


@contextmanager
def sole_process(site: Site, role: Role) -> Iterator[None]:
    """Hold a role's lock, so that a second process of the role refuses to start.

    Raises:
        RanwrightError: ``process.already_running``, or ``process.runtime_not_private`` when the
            folder of the sockets belongs to somebody else.
    """
    private_folder(site.runtime)
    with held_lock(site.lock(role), f"The {role} of {site.root}", "ranwright down"):
        yield


def private_folder(folder: Path) -> None:
    """Make a folder that other users cannot enter.

    Raises:
        RanwrightError: ``process.runtime_not_private`` when it is there and open to others.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise RanwrightError(
            "process.runtime_not_private",
            f"{folder} is open to other users.",
            "Remove that folder and start again.",
            ExitCode.DEFECT,
        )


@contextmanager
def held_lock(lock: Path, who: str, stop_command: str) -> Iterator[None]:
    """Hold a file's lock for the length of a block.

    Raises:
        RanwrightError: ``process.already_running`` when another process holds it.
    """
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RanwrightError(
                "process.already_running",
                f"{who} is running.",
                f"Stop it first ({stop_command}).",
                ExitCode.DEFECT,
            ) from error
        yield


def _ping(role: Role) -> Handler:
    def ping(_params: dict[str, Any], _emit: Emit) -> dict[str, Any]:
        return {"role": role, "pid": os.getpid()}

    return ping
