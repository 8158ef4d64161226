"""``python -m xapps.actuator --site DIR``: the actuator process of a site."""

from contracts.process import configure_logging, parse_site, serve, sole_process
from xapps.actuator.service import Actuator


def main() -> None:
    """Serve until SIGTERM."""
    site = parse_site("Ranwright actuator: the only route to the plant.")
    configure_logging()
    with sole_process(site, "actuator"):
        actuator = Actuator(site)
        actuator.start()
        serve(site, "actuator", actuator.handlers())
        actuator.close()


if __name__ == "__main__":
    main()
