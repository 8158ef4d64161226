"""``python -m twins.ns3 --site DIR --scenario NAME --seed N [--e2 ADDRESS]``: the LTE plant."""

import argparse
from contextlib import nullcontext
from pathlib import Path

from contracts.e2.transport import E2Address
from contracts.process import configure_logging, serve, sole_process
from contracts.site import Site
from twins.e2node.attach import attached
from twins.ns3.plant import Ns3Plant
from twins.ns3.service import Ns3Service
from twins.runtime import configure_thread
from twins.scenario import load_scenario


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description="An LTE plant in ns-3 behind the plant link.")
    parser.add_argument("--site", type=Path, required=True, help="folder of the site")
    parser.add_argument("--scenario", required=True, help="name of a scenario, or its YAML file")
    parser.add_argument("--seed", type=int, required=True, help="of everything hidden")
    parser.add_argument("--e2", type=E2Address.parse, help="E2 termination, e.g. tcp://HOST:PORT")
    arguments = parser.parse_args()
    configure_logging()
    configure_thread()
    site = Site(arguments.site)
    with (
        sole_process(site, "plant"),
        Ns3Plant(load_scenario(arguments.scenario), arguments.seed) as plant,
    ):
        service = Ns3Service(plant)
        with attached(service, site, arguments.e2) if arguments.e2 else nullcontext():
            serve(site, "plant", service.handlers())


if __name__ == "__main__":
    main()
