"""The ledger, whose disk is full from the moment that the site holds ``ledger_full``."""

import resource
from typing import Any

from contracts.ledger.store import LedgerStore
from contracts.ledger.writer import main
from contracts.process import parse_site
from contracts.site import Site


def filling_the_disk(site: Site) -> None:
    """No file grows any more while the site says so."""
    write = LedgerStore._write

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        full = (site.root / "ledger_full").exists()
        wal = site.ledger.with_name(site.ledger.name + "-wal")
        size = wal.stat().st_size if full else resource.RLIM_INFINITY
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        try:
            return write(*args, **kwargs)
        finally:
            infinite = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.setrlimit(resource.RLIMIT_FSIZE, infinite)

    LedgerStore._write = wrapped  # type: ignore[method-assign]


if __name__ == "__main__":
    filling_the_disk(parse_site("the ledger, hurt"))
    main()
