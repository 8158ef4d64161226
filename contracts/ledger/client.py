"""The client side of the ledger process."""

import base64

from contracts.canonical import Contract, Digest
from contracts.dsse import SignedEnvelope
from contracts.ledger.store import Appended
from contracts.record import Record
from contracts.rpc import Client
from contracts.site import Site


class LedgerClient:
    """Appends records and stores objects; not shared between threads.

    Every method raises :class:`contracts.errors.RanwrightError`: ``rpc.unreachable`` without a
    ledger process, ``ledger.*`` for what it refuses.
    """

    def __init__(self, site: Site, timeout_s: float = 30.0) -> None:
        self._client = Client(site.socket("ledger"), timeout_s)

    def append(self, record: Record) -> Appended:
        """Append a record; appending it again returns where it stands."""
        result = self._client.call("append", {"record": record.model_dump(mode="json")})
        return Appended.model_validate(result)

    def put_object(self, data: bytes) -> Digest:
        """Store bytes and return their content address."""
        result = self._client.call("put_object", {"data_base64": base64.b64encode(data).decode()})
        return Digest(result["digest"])

    def put(self, contract: Contract) -> Digest:
        """Store a contract's canonical JSON; the address is its :attr:`Contract.digest`."""
        return self.put_object(contract.canonical())

    def checkpoint(self) -> SignedEnvelope:
        """The signed checkpoint over the present log; keep a copy elsewhere."""
        return SignedEnvelope.model_validate(self._client.call("checkpoint"))

    def close(self) -> None:
        """Drop the connection."""
        self._client.close()

    def __enter__(self) -> "LedgerClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
