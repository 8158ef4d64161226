"""``python -m xapps.beam_management``, started by a RIC."""

import sys

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from contracts.process import collect_rarely, configure_logging
from xapps.beam_management.management import BeamManagement
from xapps.sdk.xapp import E2Xapp

_SWITCH_INTERVAL_S = 0.0005
"""A report passes four threads of the framework; none shall wait 5 ms for another to yield."""


def main() -> None:
    """Manage beams until the process is ended."""
    configure_logging()
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    threadpool_limits(1)  # matrices are small: a second thread costs more than it helps
    xapp = E2Xapp()
    management = BeamManagement(
        xapp.e2, xapp.directory, xapp.messenger, xapp.share, lambda: xapp.controls
    )
    xapp.follow_nodes(management.follow)
    collect_rarely()
    xapp.run()


if __name__ == "__main__":
    main()
