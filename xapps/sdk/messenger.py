"""What the SDK needs of RMR."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Received:
    """A message that arrived."""

    mtype: int
    payload: bytes
    meid: str
    sub_id: int


Handler = Callable[[Received], None]


class Messenger(Protocol):
    """Sends messages by route, and hands out what arrives by its type."""

    def on(self, mtype: int, handler: Handler) -> None:
        """Have messages of a type handled; called from one thread, and not to be blocked."""

    def send(self, mtype: int, payload: bytes, meid: str) -> bool:
        """Send a message about an E2 node; false when nobody could be reached."""
