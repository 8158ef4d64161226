"""``python -m twins.plant --site DIR --scenario NAME --seed N --pace P [--e2 ADDRESS]``.

``--open-control`` is for laboratories: a site whose folder holds a policy refuses it.
"""

import argparse
from contextlib import nullcontext
from pathlib import Path

from contracts.e2.transport import E2Address
from contracts.process import collect_rarely, configure_logging, serve, sole_process
from contracts.site import Site
from twins.e2node.attach import attached
from twins.plant.service import PlantService
from twins.scenario import load_scenario


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description="A simulated plant behind the plant link.")
    parser.add_argument("--site", type=Path, required=True, help="folder of the site")
    parser.add_argument("--scenario", required=True, help="name of a scenario, or its YAML file")
    parser.add_argument("--seed", type=int, required=True, help="of everything hidden")
    parser.add_argument("--pace", type=float, required=True, help="KPM seconds per wall second")
    parser.add_argument("--e2", type=E2Address.parse, help="E2 termination, e.g. tcp://HOST:PORT")
    parser.add_argument("--open-control", action="store_true", help="obey whoever sends")
    arguments = parser.parse_args()
    configure_logging()
    site = Site(arguments.site)
    open_control: bool = arguments.open_control
    if open_control and site.policy.exists():
        parser.error(f"{site.root} is a governed site: its plant obeys the actuator alone")
    scenario = load_scenario(arguments.scenario)
    with sole_process(site, "plant"):
        service = PlantService(site, scenario, arguments.seed, arguments.pace)
        node = (
            attached(service, site, arguments.e2, open_control) if arguments.e2 else nullcontext()
        )
        with node:
            collect_rarely()
            serve(site, "plant", service.handlers())


if __name__ == "__main__":
    main()
