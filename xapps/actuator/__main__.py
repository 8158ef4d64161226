"""``python -m xapps.actuator --site DIR``: the actuator of a site, an xApp that its RIC starts."""

import os
import sys

from contracts.process import collect_rarely, configure_logging, parse_site, serve, sole_process
from xapps.actuator.a1 import Certificates
from xapps.actuator.service import Actuator
from xapps.actuator.whole import start_thread
from xapps.sdk.policies import A1Policies
from xapps.sdk.xapp import E2Xapp

_TURN_S = 0.0001
"""Of a thread that computes, a fiftieth of Python's own: a move does not wait for a report to be
decoded beside it, which it would at each of its own waits.
"""


def main() -> None:
    """Serve until SIGTERM."""
    sys.setswitchinterval(_TURN_S)
    site = parse_site("Ranwright actuator: the only route to the plant.")
    configure_logging()
    with sole_process(site, "actuator"):
        xapp = E2Xapp()
        actuator = Actuator(site, xapp.e2, xapp.directory)
        policies = A1Policies(xapp.messenger, xapp.name)
        certificates = Certificates(actuator.execute, actuator.journal, policies)
        actuator.activations.attach(policies, xapp.messenger)
        start_thread("rmr", xapp.run)
        actuator.start()
        collect_rarely()
        policies.learn()
        serve(site, "actuator", {**actuator.handlers(), **certificates.handlers()})
        actuator.close()
        os._exit(0)  # threads of the framework do not end by themselves


if __name__ == "__main__":
    main()
