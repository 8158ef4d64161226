"""Starting, asking and stopping the core of an embedded near-RT RIC."""

import fcntl
import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from contracts.errors import ExitCode, RanwrightError
from contracts.rpc import Client
from xapps.platform.home import RicHome

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 60.0
"""An xApp may take 15 s to end, and is then killed."""
ASK_TIMEOUT_S = 60.0
_children: dict[int, subprocess.Popen[bytes]] = {}
"""Cores started here by their process id, so that they are reaped when they end."""


class _NotYetError(RanwrightError):
    pass


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


def start(home: RicHome, dialect: str, controllers: Sequence[str]) -> bool:
    """Start the core and wait until it answers; false where it was up.

    Raises:
        RanwrightError: ``ric.no_framework``, ``process.did_not_start`` with the end of its log.
    """
    if pid(home) is not None:
        return False
    if importlib.util.find_spec("ricxappframe") is None:
        raise RanwrightError(
            "ric.no_framework",
            "ricxappframe is not installed; the RIC needs its records, and xApps all of it.",
            "Install the extra: pip install 'ranwright[ric]'.",
            ExitCode.DEFECT,
        )
    home.create()
    options = ["--home", str(home.root), "--a1-dialect", dialect]
    options += [word for name in controllers for word in ("--controller", name)]
    with home.log("core").open("ab") as log:
        core = subprocess.Popen(
            [sys.executable, "-m", "xapps.platform", *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    for known in [n for n, child in _children.items() if child.poll() is not None]:
        del _children[known]  # it was killed, and is reaped now
    _children[core.pid] = core
    _await(home, core)
    return True


def stop(home: RicHome) -> bool:
    """Ask the core to end, its xApps with it, and wait until it has; false where it was down.

    Raises:
        RanwrightError: ``process.did_not_stop``.
    """
    running = pid(home)
    if running is None:
        return False
    os.kill(running, signal.SIGTERM)
    for attempt in _waiting(STOP_TIMEOUT_S):
        with attempt:
            if _is_held(home.lock):
                raise _NotYetError(
                    "process.did_not_stop",
                    f"The RIC of {home.root} does not end.",
                    f"Read {home.log('core')}.",
                    ExitCode.DEFECT,
                )
    if (child := _children.pop(running, None)) is not None:
        child.wait(STOP_TIMEOUT_S)
    return True


def _await(home: RicHome, core: subprocess.Popen[bytes]) -> None:
    for attempt in _waiting(START_TIMEOUT_S):
        with attempt:
            if core.poll() is not None:
                raise _did_not_start(home, f"it ended with {core.returncode}", RanwrightError)
            if pid(home) is None:
                raise _did_not_start(home, f"no answer in {START_TIMEOUT_S:g} s", _NotYetError)


def _waiting(timeout_s: float) -> Retrying:
    return Retrying(
        retry=retry_if_exception_type(_NotYetError),
        stop=stop_after_delay(timeout_s),
        wait=wait_fixed(0.05),
        reraise=True,
    )


def _did_not_start(home: RicHome, how: str, kind: type[RanwrightError]) -> RanwrightError:
    tail = home.log("core").read_text(errors="replace").strip().splitlines()[-1:]
    return kind(
        "process.did_not_start",
        f"The RIC did not start: {how}. {' '.join(tail)}",
        f"Read {home.log('core')}.",
        ExitCode.DEFECT,
    )


def _is_held(lock: Path) -> bool:
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
