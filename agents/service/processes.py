"""Starting and stopping the processes of a site, one a role."""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from agents.service.site_setup import PlantKind, SiteConfig
from contracts.errors import ExitCode, RanwrightError
from contracts.rpc import Client
from contracts.site import Role, Site

START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 20.0
_ORDER: tuple[Role, ...] = ("ledger", "plant", "verifier", "approver", "actuator")
_children: dict[int, subprocess.Popen[bytes]] = {}
"""Processes started here by their id, so that they are reaped when they end."""


def status(site: Site) -> dict[Role, int | None]:
    """Process id of each role, ``None`` where it does not answer."""
    return {role: _pid(site, role) for role in get_args(Role)}


def start(site: Site, config: SiteConfig) -> tuple[Role, ...]:
    """Start the roles that do not answer, and wait until all do.

    Returns:
        The roles that were started here.

    Raises:
        RanwrightError: ``process.did_not_start`` with the end of its log.
    """
    running = status(site)
    missing = tuple(role for role in _ORDER if running[role] is None)
    started = {role: _spawn(site, role, config) for role in missing}
    for role, process in started.items():
        _await(site, role, process)
    return missing


def stop(site: Site) -> tuple[Role, ...]:
    """Ask every running role to end, the actuator first, and wait until they have.

    Returns:
        The roles that were stopped.
    """
    running = status(site)
    stopped = tuple(role for role in reversed(_ORDER) if running[role] is not None)
    for role in stopped:
        pid = running[role]
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
    for attempt in Retrying(
        retry=retry_if_exception_type(_StillRunningError),
        stop=stop_after_delay(STOP_TIMEOUT_S),
        wait=wait_fixed(0.05),
        reraise=True,
    ):
        with attempt:
            if any(_is_held(site, role) for role in stopped):
                raise _StillRunningError(site)
    for role in stopped:
        if (child := _children.pop(running[role] or 0, None)) is not None:
            child.wait(STOP_TIMEOUT_S)
    return stopped


@contextmanager
def running(site: Site, config: SiteConfig, fresh_plant: bool = False) -> Iterator[None]:
    """The site's processes for the length of a block; those already up stay up after it.

    Args:
        fresh_plant: a plant that is not up forgets its state and begins as the scenario says.
    """
    if fresh_plant and status(site)["plant"] is None:
        site.plant_state.unlink(missing_ok=True)
    started = start(site, config)
    try:
        yield
    finally:
        if len(started) == len(_ORDER):
            stop(site)


class _StillRunningError(RanwrightError):
    def __init__(self, site: Site) -> None:
        super().__init__(
            "process.did_not_stop",
            f"A process of {site.root} does not end.",
            "Read its log and end it by hand.",
            ExitCode.DEFECT,
        )


def _pid(site: Site, role: Role) -> int | None:
    try:
        with Client(site.socket(role), timeout_s=5.0) as client:
            return int(client.call("ping")["pid"])
    except RanwrightError as error:
        if error.code != "rpc.unreachable":
            raise
        return None


def _is_held(site: Site, role: Role) -> bool:
    """Whether a process still holds a role's lock; it answers no more before it lets go."""
    with site.lock(role).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _spawn(site: Site, role: Role, config: SiteConfig) -> subprocess.Popen[bytes]:
    log = _log_path(site, role).open("ab")
    with log:
        child = subprocess.Popen(
            [sys.executable, "-m", *_arguments(site, role, config)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _children[child.pid] = child
    return child


def _arguments(site: Site, role: Role, config: SiteConfig) -> list[str]:
    scenario = ["--scenario", config.scenario]
    folder = ["--site", str(site.root)]
    match role:
        case "ledger":
            return ["contracts.ledger.writer", *folder]
        case "verifier":
            return ["agents.verifier", *folder, *scenario]
        case "approver":
            return ["agents.approver", *folder]
        case "actuator":
            return ["xapps.actuator", *folder]
        case "plant":
            seed = ["--seed", str(config.plant_seed)]
            if config.plant is PlantKind.ns3:
                return ["twins.ns3", *folder, *scenario, *seed]
            return ["twins.plant", *folder, *scenario, *seed, "--pace", str(config.pace_factor)]


def _await(site: Site, role: Role, process: subprocess.Popen[bytes]) -> None:
    for attempt in Retrying(
        retry=retry_if_exception_type(_NotReadyError),
        stop=stop_after_delay(START_TIMEOUT_S),
        wait=wait_fixed(0.05),
        reraise=True,
    ):
        with attempt:
            if process.poll() is not None:
                raise _did_not_start(site, role, f"it ended with {process.returncode}")
            if _pid(site, role) is None:
                raise _NotReadyError(
                    "process.did_not_start",
                    f"The {role} did not answer in {START_TIMEOUT_S:g} s.",
                    f"Read {_log_path(site, role)}.",
                    ExitCode.DEFECT,
                )


class _NotReadyError(RanwrightError):
    pass


def _did_not_start(site: Site, role: Role, how: str) -> RanwrightError:
    tail = _log_path(site, role).read_text(errors="replace").strip().splitlines()[-1:]
    return RanwrightError(
        "process.did_not_start",
        f"The {role} did not start: {how}. {' '.join(tail)}",
        f"Read {_log_path(site, role)}.",
        ExitCode.DEFECT,
    )


def _log_path(site: Site, role: Role) -> Path:
    return site.logs / f"{role}.log"
