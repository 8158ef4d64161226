"""``python -m xapps.kpimon``, started by a RIC."""

from contracts.process import configure_logging
from xapps.kpimon.monitor import Monitor
from xapps.sdk.xapp import E2Xapp


def main() -> None:
    """Monitor until the process is ended."""
    configure_logging()
    xapp = E2Xapp()
    monitor = Monitor(xapp.gnb, xapp.share, lambda: xapp.controls)
    xapp.follow_nodes(monitor.follow)
    xapp.run()


if __name__ == "__main__":
    main()
