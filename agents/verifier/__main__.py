"""``python -m agents.verifier --site DIR --scenario NAME``: the verifier of a site."""

import argparse
from pathlib import Path

from agents.verifier.activation.office import ActivationOffice
from agents.verifier.attempts import Attempts
from agents.verifier.deployments import DeploymentVerifier
from agents.verifier.process import Verifier
from contracts.process import configure_logging, serve, sole_process
from contracts.rpc import Handler
from contracts.site import Site
from twins.runtime import configure_thread
from twins.scenario import load_scenario


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description="Verifies plans and signs certificates.")
    parser.add_argument("--site", type=Path, required=True, help="folder of the site")
    parser.add_argument("--scenario", required=True, help="scenario of the twin")
    arguments = parser.parse_args()
    configure_logging()
    configure_thread()
    site = Site(arguments.site)
    scenario, attempts = load_scenario(arguments.scenario), Attempts()
    verifier = Verifier(site, scenario, attempts)
    activations = ActivationOffice(site, scenario, attempts)
    deployments = DeploymentVerifier(site)
    handlers: dict[str, Handler] = {
        "verify": verifier.verify,
        "certify": verifier.certify,
        "verify_activation": activations.verify,
        "certify_activation": activations.certify,
        "verify_deployment": deployments.verify,
        "certify_deployment": deployments.certify,
    }
    with sole_process(site, "verifier"):
        serve(site, "verifier", handlers)


if __name__ == "__main__":
    main()
