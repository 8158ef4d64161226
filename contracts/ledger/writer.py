"""The ledger process: the only writer of the log and of its objects.

``python -m contracts.ledger.writer --site DIR`` serves on the site's ledger socket:

=========== ================== =====================================================
append      ``{record}``       :class:`contracts.ledger.store.Appended`
put_object  ``{data_base64}``  ``{"digest": ...}``
checkpoint  ``{}``             :class:`contracts.dsse.SignedEnvelope` of the present log
ping        ``{}``             ``{"role": "ledger", "pid": ...}``
=========== ================== =====================================================
"""

import base64
import binascii
from typing import Any

from pydantic import ValidationError

from contracts.errors import RanwrightError
from contracts.keys import load_signer, load_trust
from contracts.ledger.objects import ObjectStore
from contracts.ledger.store import LedgerStore
from contracts.process import configure_logging, parse_site, serve, sole_process
from contracts.record import Record
from contracts.rpc import Emit, Handler
from contracts.site import Site


class Writer:
    """Handlers of the ledger process."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._store = LedgerStore(site.ledger, load_trust(site))
        self._objects = ObjectStore(site.objects)

    def handlers(self) -> dict[str, Handler]:
        """Handlers by method name."""
        return {
            "append": self._append,
            "put_object": self._put_object,
            "checkpoint": self._checkpoint,
        }

    def close(self) -> None:
        """Close the log."""
        self._store.close()

    def _append(self, params: dict[str, Any], _emit: Emit) -> Any:
        try:
            record = Record.model_validate(params.get("record"))
        except ValidationError as error:
            raise RanwrightError(
                "ledger.bad_record", f"Not a record: {error}", "Send a contracts.record.Record."
            ) from error
        for digest in record.objects:
            if digest not in self._objects:
                raise RanwrightError(
                    "ledger.object_missing",
                    f"Record {record.key} names object {digest}, which was never stored.",
                    "Put the object before the record that names it.",
                )
        signer = load_signer(self._site, "ledger")
        return self._store.append(record, signer).model_dump(mode="json")

    def _put_object(self, params: dict[str, Any], _emit: Emit) -> Any:
        try:
            data = base64.b64decode(params["data_base64"], validate=True)
        except (KeyError, TypeError, ValueError, binascii.Error) as error:
            raise RanwrightError(
                "ledger.bad_object", f"Not base64: {error}", "Send the bytes as base64."
            ) from error
        return {"digest": self._objects.put(data)}

    def _checkpoint(self, _params: dict[str, Any], _emit: Emit) -> Any:
        return self._store.checkpoint(load_signer(self._site, "ledger")).model_dump(mode="json")


def main() -> None:
    """Run the ledger process until SIGTERM."""
    site = parse_site("Ranwright ledger: the sole writer of the log.")
    configure_logging()
    with sole_process(site, "ledger"):
        writer = Writer(site)
        serve(site, "ledger", writer.handlers())
        writer.close()


if __name__ == "__main__":
    main()
