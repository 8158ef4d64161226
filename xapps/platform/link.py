"""What the services of the core need of RMR."""

from typing import Protocol

from xapps.platform.rmr.message import RmrMessage, RmrState


class RmrLink(Protocol):
    """Sends messages by route, and answers to whom a message came from."""

    def send(self, message: RmrMessage) -> RmrState:
        """Send where the route table says."""

    def reply(
        self, received: RmrMessage, *, mtype: int | None = None, payload: bytes | None = None
    ) -> RmrState:
        """Send back to the sender of a received message; what is not given stays as received."""
