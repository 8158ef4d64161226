"""Twins' nodes on an embedded RIC, for who writes xApps: a plant each, and nothing else of a site.

A node's folder lies below the RIC's, by scenario, profile and seed. It keeps the plant's state and
keys, so that the node returns as the same gNB.
"""

from collections.abc import Iterator

from agents.service.daemon import Daemon, NotYetError, waiting
from agents.service.ric import ask
from contracts.e2.identity import gnb_id, ran_name
from contracts.errors import ExitCode, RanwrightError
from contracts.keys import init_keys
from contracts.rpc import Client
from contracts.site import Site
from twins.beam_gnb.gnb import beam_management
from twins.dynamics.profile import load_profile
from twins.plant.state import load_state
from twins.scenario import Scenario, load_scenario
from xapps.platform.home import RicHome

CONNECT_TIMEOUT_S = 30.0
_DIGITS = 12
"""Hexadecimal digits of a profile's digest in a node's name: files may share a name, and change."""


def connect_node(
    home: RicHome,
    scenario: str,
    seed: int,
    pace_factor: float,
    open_control: bool = False,
    profile: str | None = None,
) -> tuple[str, bool]:
    """Put a twin's node on the RIC, and wait until it is connected.

    Args:
        home: of a RIC that is up.
        scenario: built-in, or a file.
        seed: of everything hidden in the plant.
        pace_factor: KPM seconds per wall second.
        open_control: it obeys the controls of every xApp that has a route.
        profile: of moving UEs under cells with beams; a node of its own beside that without.

    Returns:
        Its RAN name, and whether it was started here.

    Raises:
        RanwrightError: ``ric.down``, ``scenario.*``, ``profile.*``, ``beams.no_profile``,
            ``process.did_not_start``, ``ric.node_not_connected``, or ``ric.node_runs``: its
            control cannot be opened now.
    """
    network = load_scenario(scenario)
    folder = home.root / "nodes" / folder_name(network, profile, seed)
    address = ask(home, "status")["services"]["e2"]
    site = Site(folder)
    site.create()
    if not site.trust.exists():
        init_keys(site)
    command = ["-m", "twins.plant", "--site", str(site.root), "--scenario", scenario]
    command += ["--seed", str(seed), "--pace", str(pace_factor), "--e2", address]
    if profile is not None:
        command += ["--profile", profile]
    started = _plant(site).start([*command, "--open-control"] if open_control else command)
    if open_control and not started:
        raise RanwrightError(
            "ric.node_runs",
            f"The node {site.root.name} runs already.",
            "Run ranwright ric down and up; then start it with open control.",
        )
    name = _ran_name(site, network, seed)
    _await_connected(home, name, site)
    return name, started


def folder_name(network: Scenario, profile: str | None, seed: int) -> str:
    """Of a node; a profile stands in it with the digest of what it holds.

    Raises:
        RanwrightError: ``profile.*``, or ``beams.no_profile``.
    """
    if profile is None:
        return f"{network.name}-{seed}"
    moving = load_profile(profile)
    beam_management(moving)
    _, digest = moving.digest.split(":")
    return f"{network.name}-{moving.name}-{digest[:_DIGITS]}-{seed}"


def disconnect_nodes(home: RicHome) -> list[str]:
    """Stop all nodes that :func:`connect_node` started; returns their folders' names."""
    return [site.root.name for site in _sites(home) if _plant(site).stop()]


def _sites(home: RicHome) -> Iterator[Site]:
    folder = home.root / "nodes"
    yield from (Site(path) for path in (sorted(folder.iterdir()) if folder.exists() else ()))


def _plant(site: Site) -> Daemon:
    title = f"The node {site.root.name}"
    return Daemon(title, site.lock("plant"), site.logs / "plant.log", lambda: _pid(site))


def _pid(site: Site) -> int | None:
    try:
        with Client(site.socket("plant"), timeout_s=5.0) as client:
            return int(client.call("ping")["pid"])
    except RanwrightError as error:
        if error.code != "rpc.unreachable":
            raise
        return None


def _ran_name(site: Site, network: Scenario, seed: int) -> str:
    kept = load_state(site.plant_state, network.digest, seed)
    assert kept is not None, "a plant keeps its state before it answers"
    return ran_name(gnb_id(kept.life))


def _await_connected(home: RicHome, name: str, site: Site) -> None:
    for attempt in waiting(CONNECT_TIMEOUT_S):
        with attempt:
            if ask(home, "status")["nodes"].get(name) != "CONNECTED":
                raise NotYetError(
                    "ric.node_not_connected",
                    f"{name} did not set E2 up in {CONNECT_TIMEOUT_S:g} s.",
                    f"Read {site.logs / 'plant.log'}.",
                    ExitCode.DEFECT,
                )
