"""Starting and stopping the processes of a site, one a role."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, get_args

from agents.service import a1, actuator, ric
from agents.service.daemon import START_TIMEOUT_S, Daemon, NotYetError, waiting
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

_BEFORE_RIC: tuple[Spawned, ...] = ("ledger", "verifier", "approver")
_ORDER: tuple[Part, ...] = (*_BEFORE_RIC, "ric", "plant", "actuator")


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
    ended = {
        role: _daemon(site, role).spawn(_arguments(site, role, config))
        for role in _BEFORE_RIC
        if role in missing
    }
    ric.start(home, "go", site=site)
    a1.ensure_types(home)
    if "plant" in missing:
        address = ric.ask(home, "status")["services"]["e2"]
        command = [*_arguments(site, "plant", config), "--e2", address]
        ended["plant"] = _daemon(site, "plant").spawn(command)
    for role, how in ended.items():
        _daemon(site, role).await_answer(how)
    if "actuator" in missing:
        actuator.deploy(home, site)  # certified: ledger, verifier and approver take part
    _daemon(site, "actuator").await_answer(lambda: _failed(home))
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
    ric.stop(RicHome(site.ric))  # and the actuator with it
    daemons = [_daemon(site, role) for role in get_args(Role)]
    asked = [(daemon, daemon.ask_to_end()) for daemon in daemons]
    for daemon, pid in asked:
        daemon.await_end(pid)
    return tuple(part for part in reversed(_ORDER) if running[part] is not None)


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


def _daemon(site: Site, role: Role) -> Daemon:
    log = RicHome(site.ric).log(role) if role == "actuator" else site.logs / f"{role}.log"
    title = f"The {role} of {site.root}"
    return Daemon(title, site.lock(role), log, lambda: _pid(site, role))


def _pid(site: Site, part: Part) -> int | None:
    if part == "ric":
        return ric.pid(RicHome(site.ric))
    try:
        with Client(site.socket(part), timeout_s=5.0) as client:
            return int(client.call("ping")["pid"])
    except RanwrightError as error:
        if error.code != "rpc.unreachable":
            raise
        return None


def _arguments(site: Site, role: Spawned, config: SiteConfig) -> list[str]:
    scenario = ["--scenario", config.scenario]
    folder = ["--site", str(site.root)]
    match role:
        case "ledger":
            return ["-m", "contracts.ledger.writer", *folder]
        case "verifier":
            return ["-m", "agents.verifier", *folder, *scenario]
        case "approver":
            return ["-m", "agents.approver", *folder]
        case "plant":
            seed = ["--seed", str(config.plant_seed)]
            if config.plant is PlantKind.ns3:
                return ["-m", "twins.ns3", *folder, *scenario, *seed]
            pace = ["--pace", str(config.pace_factor)]
            return ["-m", "twins.plant", *folder, *scenario, *seed, *pace]


def _failed(home: RicHome) -> str | None:
    """How the actuator ended, where the RIC has given it up."""
    found = actuator.instance(home)
    if found is None or found["state"] != State.FAILED:
        return None
    return f"it ended {found['restarts']} times, at last with {found['last_exit']}"


def _await_e2(site: Site, home: RicHome) -> None:
    for attempt in waiting(START_TIMEOUT_S):
        with attempt:
            if "CONNECTED" not in ric.ask(home, "status")["nodes"].values():
                raise NotYetError(
                    "process.did_not_start",
                    f"The plant did not set E2 up in {START_TIMEOUT_S:g} s.",
                    f"Read {site.logs / 'plant.log'}.",
                    ExitCode.DEFECT,
                )
