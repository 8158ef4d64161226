"""``python -m agents.approver --site DIR``: the approver process of a site."""

from agents.approver.service import Approver
from contracts.process import configure_logging, parse_site, serve, sole_process


def main() -> None:
    """Serve until SIGTERM."""
    site = parse_site("Ranwright approver: decides by policy or asks a person.")
    configure_logging()
    with sole_process(site, "approver"):
        approver = Approver(site)
        serve(site, "approver", approver.handlers())
        approver.close()


if __name__ == "__main__":
    main()
