"""``python -m xapps.kpimon``, started by a RIC."""

import threading

from contracts.process import configure_logging
from xapps.kpimon.monitor import Monitor
from xapps.sdk.xapp import E2Xapp


def main() -> None:
    """Monitor until the process is ended."""
    configure_logging()
    xapp = E2Xapp(lambda: monitor.is_ready())
    monitor = Monitor(xapp.e2, xapp.directory, xapp.share, lambda: xapp.controls)
    threading.Thread(target=monitor.run, args=(threading.Event(),), daemon=True).start()
    xapp.run()


if __name__ == "__main__":
    main()
