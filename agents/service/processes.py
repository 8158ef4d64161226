"""Starting and stopping the processes of a site, one a role."""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, get_args

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from agents.service import actuator, ric
from agents.service.site_setup import PlantKind, SiteConfig
from contracts.errors import ExitCode, RanwrightError
from contracts.rpc import Client
from contracts.site import Role, Site
from xapps.platform.home import RicHome
from xapps.platform.instance import State

Part = Role | Literal["ric"]
"""A process of a site; the RIC plays no role of its own in what is decided and signed."""

Spawned = Literal["ledger", "verifier", "approver", "plant"]
"""What is started here as a process of its own; the RIC starts the actuator."""

START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 20.0
_BEFORE_RIC: tuple[Spawned, ...] = ("ledger", "verifier", "approver")
_ORDER: tuple[Part, ...] = (*_BEFORE_RIC, "ric", "plant", "actuator")
_children: dict[int, subprocess.Popen[bytes]] = {}
"""Processes started here by their id, so that they are reaped when they end."""


def status(site: Site) -> dict[Part, int | None]:
    """Process id of each part, ``None`` where it does not answer."""
    return {part: _pid(site, part) for part in _ORDER}


def start(site: Site, config: SiteConfig) -> tuple[Part, ...]:
    """Start the parts that do not answer, and wait until all do and the plant is on E2.

    The RIC starts the actuator, again and again where it ends; the plant is told where the RIC is.

    Returns:
        The parts that were started here.

    Raises:
        RanwrightError: ``process.did_not_start`` with the end of its log, or as
            :func:`agents.service.ric.start`.
    """
    running = status(site)
    missing = tuple(part for part in _ORDER if running[part] is None)
    home = RicHome(site.ric)
    started = {}
    for role in _BEFORE_RIC:
        if role in missing:
            started[role] = _spawn(site, role, _arguments(site, role, config))
    ric.start(home, "go", site=site)
    if "plant" in missing:
        address = ric.ask(home, "status")["services"]["e2"]
        command = [*_arguments(site, "plant", config), "--e2", address]
        started["plant"] = _spawn(site, "plant", command)
    for role, process in started.items():
        _await(site, role, process)
    if "actuator" in missing:
        actuator.deploy(home, site)  # certified: ledger, verifier and approver take part
    _await(site, "actuator", None)
    _await_e2(site, home)
    return missing


def stop(site: Site) -> tuple[Part, ...]:
    """Ask every running part to end, the actuator first, and wait until they have.

    Returns:
        The parts that were stopped.

    Raises:
        RanwrightError: ``process.did_not_stop``.
    """
    running = status(site)
    stopped = tuple(part for part in reversed(_ORDER) if running[part] is not None)
    ric.stop(RicHome(site.ric))  # and the actuator with it
    roles = tuple(role for role in get_args(Role) if role in stopped)
    for role in roles:
        _ask_to_end(running[role])
    for attempt in Retrying(
        retry=retry_if_exception_type(_StillRunningError),
        stop=stop_after_delay(STOP_TIMEOUT_S),
        wait=wait_fixed(0.05),
        reraise=True,
    ):
        with attempt:
            if any(_is_held(site, role) for role in roles):
                raise _StillRunningError(site)
    for role in roles:
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


def _ask_to_end(pid: int | None) -> None:
    if pid is not None:
        with suppress(ProcessLookupError):  # it has ended with the RIC
            os.kill(pid, signal.SIGTERM)


def _pid(site: Site, role: Part) -> int | None:
    if role == "ric":
        return ric.pid(RicHome(site.ric))
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


def _spawn(site: Site, role: Role, command: list[str]) -> subprocess.Popen[bytes]:
    log = _log_path(site, role).open("ab")
    with log:
        child = subprocess.Popen(
            [sys.executable, "-m", *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    for pid in [pid for pid, known in _children.items() if known.poll() is not None]:
        del _children[pid]  # it was killed, and is reaped now
    _children[child.pid] = child
    return child


def _arguments(site: Site, role: Spawned, config: SiteConfig) -> list[str]:
    scenario = ["--scenario", config.scenario]
    folder = ["--site", str(site.root)]
    match role:
        case "ledger":
            return ["contracts.ledger.writer", *folder]
        case "verifier":
            return ["agents.verifier", *folder, *scenario]
        case "approver":
            return ["agents.approver", *folder]
        case "plant":
            seed = ["--seed", str(config.plant_seed)]
            if config.plant is PlantKind.ns3:
                return ["twins.ns3", *folder, *scenario, *seed]
            return ["twins.plant", *folder, *scenario, *seed, "--pace", str(config.pace_factor)]


def _await(site: Site, role: Role, process: subprocess.Popen[bytes] | None) -> None:
    for attempt in _until_ready():
        with attempt:
            if (how := _ended(site, process)) is not None:
                raise _did_not_start(site, role, how)
            if _pid(site, role) is None:
                raise _NotReadyError(
                    "process.did_not_start",
                    f"The {role} did not answer in {START_TIMEOUT_S:g} s.",
                    f"Read {_log_path(site, role)}.",
                    ExitCode.DEFECT,
                )


def _await_e2(site: Site, home: RicHome) -> None:
    for attempt in _until_ready():
        with attempt:
            if "CONNECTED" not in ric.ask(home, "status")["nodes"].values():
                raise _NotReadyError(
                    "process.did_not_start",
                    f"The plant did not set E2 up in {START_TIMEOUT_S:g} s.",
                    f"Read {_log_path(site, 'plant')}.",
                    ExitCode.DEFECT,
                )


def _until_ready() -> Retrying:
    return Retrying(
        retry=retry_if_exception_type(_NotReadyError),
        stop=stop_after_delay(START_TIMEOUT_S),
        wait=wait_fixed(0.05),
        reraise=True,
    )


def _ended(site: Site, process: subprocess.Popen[bytes] | None) -> str | None:
    """How a process that was started ended; without one, the actuator's under the RIC."""
    if process is not None:
        return None if process.poll() is None else f"it ended with {process.returncode}"
    found = actuator.instance(RicHome(site.ric))
    if found is None or found["state"] != State.FAILED:
        return None
    return f"it ended {found['restarts']} times, at last with {found['last_exit']}"


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
    return RicHome(site.ric).log(role) if role == "actuator" else site.logs / f"{role}.log"
