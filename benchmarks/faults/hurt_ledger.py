"""The ledger, whose disk is full from the moment that the site holds ``ledger_full``."""

from contextlib import nullcontext
from typing import Any

from benchmarks.faults.full_disk import no_room
from contracts.ledger.store import LedgerStore
from contracts.ledger.writer import main
from contracts.process import parse_site
from contracts.site import Site


def filling_the_disk(site: Site) -> None:
    """The log cannot be written while the site says so."""
    write = LedgerStore._write

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with no_room() if (site.root / "ledger_full").exists() else nullcontext():
            return write(*args, **kwargs)

    LedgerStore._write = wrapped  # type: ignore[method-assign]


if __name__ == "__main__":
    filling_the_disk(parse_site("the ledger, hurt"))
    main()
