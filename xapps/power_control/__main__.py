"""``python -m xapps.power_control``, started by a RIC."""

import sys

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from contracts.process import collect_rarely, configure_logging
from xapps.power_control.activations import Activations
from xapps.power_control.control import PowerControl
from xapps.sdk.moves import MoveClient
from xapps.sdk.policies import A1Policies
from xapps.sdk.xapp import E2Xapp

_SWITCH_INTERVAL_S = 0.0005
"""A report passes four threads of the framework; none shall wait 5 ms for another to yield."""


def main() -> None:
    """Control until the process is ended."""
    configure_logging()
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    threadpool_limits(1)  # matrices are small: a second thread costs more than it helps
    xapp = E2Xapp()
    policies = A1Policies(xapp.messenger, xapp.name)
    activations = Activations(policies, xapp.name)
    moves = MoveClient(xapp.messenger)
    control = PowerControl(xapp.e2, xapp.directory, activations, moves, lambda: xapp.controls)
    xapp.follow_nodes(control.follow)
    policies.learn()
    collect_rarely()
    xapp.run()


if __name__ == "__main__":
    main()
