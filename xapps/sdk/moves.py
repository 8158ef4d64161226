"""Asks the actuator for moves inside an activation, and takes its answers (RMR 31000 and 31001)."""

import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError

import structlog
from pydantic import ValidationError

from contracts.activation import MOVE_ANSWER, MOVE_REQ, Move, MoveAnswer
from contracts.errors import RanwrightError
from xapps.sdk.messenger import Messenger, Received

CARRIED_OUT = "move.carried_out"
_log = structlog.get_logger(__name__)


class MoveClient:
    """Moves of this xApp; safe to share between threads.

    Every xApp that takes answers gets all of them: an answer belongs to whoever asked for a move of
    that activation with that sequence.

    Args:
        messenger: carries messages.
    """

    def __init__(self, messenger: Messenger) -> None:
        self._messenger = messenger
        self._lock = threading.Lock()
        self._waiting: dict[tuple[str, int], Future[MoveAnswer]] = {}
        messenger.on(MOVE_ANSWER, self._take)

    def ask(self, move: Move, meid: str, timeout_s: float) -> MoveAnswer:
        """Ask for a move, and wait for what became of it.

        Args:
            move: what is asked for; its sequence is larger than any before.
            meid: RAN name of the node.
            timeout_s: how long to wait for the answer.

        Raises:
            RanwrightError: ``move.unreachable``: it was not sent; ``move.unanswered``: it is open
                whether it was carried out; ``move.repeated``: one of this sequence is under way.
        """
        key = (move.activation_id, move.sequence)
        answer: Future[MoveAnswer] = Future()
        with self._lock:
            if key in self._waiting:
                raise _repeated(move)
            self._waiting[key] = answer
        try:
            if not self._messenger.send(MOVE_REQ, move.model_dump_json().encode(), meid):
                raise _unreachable()
            return answer.result(timeout_s)
        except FutureTimeoutError as error:
            raise _unanswered(move, timeout_s) from error
        finally:
            with self._lock:
                del self._waiting[key]

    def _take(self, received: Received) -> None:
        try:
            found = MoveAnswer.parse(received.payload.rstrip(b"\0"))
        except ValidationError:
            _log.warning("move.unreadable_answer", octets=len(received.payload))
            return
        with self._lock:
            answer = self._waiting.get((found.activation_id, found.sequence))
            if answer is not None and not answer.done():
                answer.set_result(found)


def _unreachable() -> RanwrightError:
    return RanwrightError(
        "move.unreachable",
        "No actuator takes moves on this RIC.",
        "Deploy the actuator (ranwright up).",
    )


def _unanswered(move: Move, timeout_s: float) -> RanwrightError:
    return RanwrightError(
        "move.unanswered",
        f"Move {move.sequence} of {move.activation_id} was not answered in {timeout_s:g} s.",
        "Read back before anything else: it may have been carried out.",
    )


def _repeated(move: Move) -> RanwrightError:
    return RanwrightError(
        "move.repeated",
        f"Move {move.sequence} of {move.activation_id} is under way.",
        "Give each move a larger sequence than the one before.",
    )
