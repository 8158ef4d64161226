"""``python -m twins.plant --site DIR --scenario NAME --seed N --pace P [--e2 ADDRESS]``.

With ``--profile NAME``, of :mod:`twins.dynamics` and with beams, UEs move and beams can be ordered;
there is no plant link then, E2 alone.

``--open-control`` is for laboratories: a site whose folder holds a policy refuses it.
"""

import argparse
from contextlib import nullcontext
from pathlib import Path

from contracts.e2.transport import E2Address
from contracts.process import collect_rarely, configure_logging, serve, sole_process
from contracts.site import Site
from twins.beam_gnb.service import BeamNetworkService
from twins.dynamics.profile import load_profile
from twins.dynamics.stage import set_stage
from twins.e2node.attach import attached
from twins.plant.service import PlantService
from twins.scenario import Scenario, load_scenario

BEAM_WAY_S = 120.0
"""Length of the ways that UEs walk to their end and back again."""


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description="A simulated plant behind the plant link.")
    parser.add_argument("--site", type=Path, required=True, help="folder of the site")
    parser.add_argument("--scenario", required=True, help="name of a scenario, or its YAML file")
    parser.add_argument("--seed", type=int, required=True, help="of everything hidden")
    parser.add_argument("--pace", type=float, required=True, help="KPM seconds per wall second")
    parser.add_argument("--e2", type=E2Address.parse, help="E2 termination, e.g. tcp://HOST:PORT")
    parser.add_argument("--open-control", action="store_true", help="obey whoever sends")
    parser.add_argument("--profile", help="of moving UEs under cells with beams")
    arguments = parser.parse_args()
    configure_logging()
    site = Site(arguments.site)
    open_control: bool = arguments.open_control
    if open_control and site.policy.exists():
        parser.error(f"{site.root} is a governed site: its plant obeys the actuator alone")
    scenario = load_scenario(arguments.scenario)
    with sole_process(site, "plant"):
        if arguments.profile is not None:
            _serve_beams(site, scenario, arguments, open_control)
            return
        service = PlantService(site, scenario, arguments.seed, arguments.pace)
        node = (
            attached(service, site, arguments.e2, open_control) if arguments.e2 else nullcontext()
        )
        with node:
            collect_rarely()
            serve(site, "plant", service.handlers())


def _serve_beams(
    site: Site, scenario: Scenario, arguments: argparse.Namespace, open_control: bool
) -> None:
    stage = set_stage(scenario, load_profile(arguments.profile), BEAM_WAY_S, arguments.seed)
    service = BeamNetworkService(site, stage, arguments.pace)
    node = attached(service, site, arguments.e2, open_control) if arguments.e2 else nullcontext()
    with node:
        collect_rarely()
        serve(site, "plant", {})
    service.close()


if __name__ == "__main__":
    main()
