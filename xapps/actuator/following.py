"""One certificate under way, for those who follow it."""

import threading
from typing import Any

from contracts.certificate import Receipt
from contracts.dsse import SignedEnvelope, unverified_payload
from contracts.errors import RanwrightError
from contracts.rpc import Emit
from xapps.sdk.policies import PolicyRequest


class Run:
    """Its progress from the beginning, and its end; any number of threads may follow.

    Attributes:
        requests: the policies that carry it.
    """

    def __init__(self) -> None:
        self.requests: list[PolicyRequest] = []
        self._changed = threading.Condition()
        self._events: list[Any] = []
        self._end: SignedEnvelope | RanwrightError | None = None

    def tell(self, event: Any) -> None:
        """Progress was made."""
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()

    def end(self, end: SignedEnvelope | RanwrightError) -> None:
        """It ended: with a receipt, or refused."""
        with self._changed:
            self._end = end
            self._changed.notify_all()

    def follow(self, emit: Emit) -> SignedEnvelope:
        """Emit all progress until the end.

        Returns:
            The signed receipt.

        Raises:
            RanwrightError: the refusal.
        """
        told = 0
        while True:
            news, end = self._after(told)
            for event in news:
                emit(event)
            told += len(news)
            if isinstance(end, RanwrightError):
                raise RanwrightError.from_json(end.to_json())
            if end is not None:
                return end

    def _after(self, told: int) -> tuple[list[Any], SignedEnvelope | RanwrightError | None]:
        """What comes after so many events; waits for something."""
        with self._changed:
            while self._end is None and len(self._events) == told:
                self._changed.wait()
            return self._events[told:], self._end

    @staticmethod
    def is_success(end: SignedEnvelope | RanwrightError) -> bool:
        """Whether an end is a receipt of a fulfilled action."""
        if isinstance(end, RanwrightError):
            return False
        return Receipt.parse(unverified_payload(end)).status == "fulfilled"
