"""An RMR link that keeps what goes out, for services that are tested without RMR."""

from xapps.platform.rmr.message import RmrMessage, RmrState


class KeptLink:
    def __init__(self) -> None:
        self.state = RmrState.OK
        self.sent: list[RmrMessage] = []
        self.replies: list[tuple[RmrMessage, int | None, bytes | None]] = []

    def send(self, message: RmrMessage) -> RmrState:
        self.sent.append(message)
        return self.state

    def reply(
        self, received: RmrMessage, *, mtype: int | None = None, payload: bytes | None = None
    ) -> RmrState:
        self.replies.append((received, mtype, payload))
        return self.state
