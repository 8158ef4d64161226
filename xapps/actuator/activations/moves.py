"""Moves: asked for over RMR, checked against the signed envelope, carried out one at a time.

Who asks is not known: anybody on the RIC's network can send an RMR message. The envelope protects,
whoever asks. Moves wait in a queue of one per activation: the newest wins.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable

import structlog
from pydantic import ValidationError

from contracts.action import ParameterChange
from contracts.activation import Move, MoveAnswer
from contracts.clock import Clock
from contracts.errors import RanwrightError
from contracts.network import REPORT_PERIOD_MS
from contracts.plant_link import ControlAck, NodeInfo
from xapps.actuator.activations.admission import still_in_time
from xapps.actuator.activations.board import Board, Held, Verdict
from xapps.actuator.activations.ending import Endings
from xapps.actuator.activations.envelope import changes_of, refused
from xapps.actuator.activations.hand import Hand
from xapps.actuator.activations.store import ActivationStore, SentMove
from xapps.actuator.course import powers_of
from xapps.actuator.plant import Plant
from xapps.sdk.messenger import Received

CARRIED_OUT = "move.carried_out"
_MAX_OCTETS = 1 << 20
_MAX_SEQUENCE = (1 << 63) - 1
_log = structlog.get_logger(__name__)


class Moves:
    """Takes moves from the thread that reads messages, and carries them out in its own.

    Args:
        board: what is live.
        endings: for what is found to have to end.
        store: where moves are written.
        hand: sends their controls.
        plant: is read back where a control's outcome is open.
        clock: wall time for expiry, KPM time between moves.
        answer: sends an answer.
    """

    def __init__(
        self,
        board: Board,
        endings: Endings,
        store: ActivationStore,
        hand: Hand,
        plant: Plant,
        clock: Clock,
        answer: Callable[[MoveAnswer], None],
    ) -> None:
        self._board = board
        self._endings = endings
        self._store = store
        self._hand = hand
        self._plant = plant
        self._clock = clock
        self._answer = answer
        self._waiting: OrderedDict[str, Move] = OrderedDict()
        self._arrived = threading.Condition()

    def take(self, received: Received) -> None:
        """Queue a move; what cannot be one is dropped, what nobody holds is answered at once."""
        move = read_move(received.payload)
        if move is None:
            _log.warning("move.unreadable", octets=len(received.payload))
            return
        if move.activation_id not in self._board.held:
            self._say(move, "move.unknown_activation", "No activation of this name is live.")
            return
        older = self._queue(move)
        if older is not None:
            self._say(older, "move.superseded", f"Move {move.sequence} is newer.")

    def run(self, stop: threading.Event) -> None:
        """Carry out what comes, until ``stop``."""
        while not stop.is_set():
            if (move := self._next()) is not None:
                self._serve(move)

    def _queue(self, move: Move) -> Move | None:
        """Leave the newer of two moves of one activation waiting; the other."""
        with self._arrived:
            waiting = self._waiting.get(move.activation_id)
            if waiting is not None and waiting.sequence >= move.sequence:
                return move
            self._waiting[move.activation_id] = move
            self._arrived.notify()
            return waiting

    def _next(self) -> Move | None:
        with self._arrived:
            if not self._waiting:
                self._arrived.wait(0.5)
            return self._waiting.popitem(last=False)[1] if self._waiting else None

    def _serve(self, move: Move) -> None:
        try:
            with self._board.turn:
                version = self._carry_out(move)
        except RanwrightError as error:
            self._say(move, error.code, error.message)
        else:
            self._say(move, CARRIED_OUT, "Carried out.", version)

    def _say(self, move: Move, code: str, reason: str, version: int | None = None) -> None:
        self._answer(
            MoveAnswer(
                activation_id=move.activation_id,
                sequence=move.sequence,
                code=code,
                reason=reason,
                resource_version=version,
            )
        )

    def _carry_out(self, move: Move) -> int:
        """The version after it."""
        held, node = self._held(move), self._board.node
        if node is None:
            raise refused("move.not_ready", "The plant was not read back yet.")
        now_ms = self._clock.now().kpm_time_ms or node.kpm_time_ms
        plan = held.activation.plan
        _require_turn(held, move, now_ms)
        changes = changes_of(plan, move.tx_power_mw, powers_of(node))
        if not changes:
            return node.resource_version
        self._store.begin_move(
            SentMove(
                activation_id=held.name,
                sequence=move.sequence,
                at=self._clock.now(),
                expected_version=node.resource_version,
                changes=changes,
            )
        )
        held.sequence, held.moves = move.sequence, held.moves + 1
        held.due_ms = max(now_ms, held.due_ms) + plan.least_interval_ms
        return self._send(held, node, changes)

    def _held(self, move: Move) -> Held:
        """The activation, if it may move now."""
        held = self._board.held.get(move.activation_id)
        if held is None:
            raise refused("move.unknown_activation", "No activation of this name is live.")
        if held.status == "suspended":
            raise refused("move.suspended", "Another activation goes before this one for now.")
        if held.end is not None:
            raise refused("move.ended", f"The activation is ending: {held.end.reason}")
        try:
            still_in_time(held.activation, self._clock.now().wall_time)
        except RanwrightError as error:
            self._endings.begin(held, timed_out(error))
            raise refused("move.expired", error.message) from error
        return held

    def _send(self, held: Held, node: NodeInfo, changes: tuple[ParameterChange, ...]) -> int:
        try:
            request_id = f"{held.name}:move:{held.sequence}"
            ack = self._hand.control(node, request_id, changes)
        except RanwrightError as error:
            self._written(held, error.code, None)
            if error.code == "control.stale_version" or not error.code.startswith("control."):
                self._look_again()
            raise
        if ack.resource_version != node.resource_version + 1:
            self._written(held, "move.not_taken", ack.resource_version)
            self._look_again()
            raise refused("move.not_taken", "It was acknowledged without a version of its own.")
        self._board.node = _after(node, ack, changes)
        self._written(held, CARRIED_OUT, ack.resource_version)
        return ack.resource_version

    def _look_again(self) -> None:
        """After a control whose outcome is not known for sure: find out what stands."""
        self._board.node = None
        try:
            self._endings.adopt(self._plant.read_back())
        except RanwrightError as error:
            for held in self._board.live():
                said = f"The plant did not answer a control, nor a question: {error.message}"
                self._endings.begin(held, Verdict("revoked", error.code, said))

    def _written(self, held: Held, code: str, version: int | None) -> None:
        """The control is out: a full disk does not change what the xApp is told."""
        try:
            self._store.end_move(held.name, code, version)
        except RanwrightError as error:
            _log.error("move.unwritten", activation=held.name, reason=error.message)


def read_move(payload: bytes) -> Move | None:
    """The move that a message holds; ``None`` where it is none."""
    if len(payload) > _MAX_OCTETS:
        return None
    try:
        move = Move.parse(payload.rstrip(b"\0"))
    except ValidationError:
        return None
    return move if move.sequence <= _MAX_SEQUENCE else None


def timed_out(error: RanwrightError) -> Verdict:
    """The end of an activation whose time is over, or whose clock jumped."""
    status = "expired" if error.code == "activation.expired" else "revoked"
    return Verdict(status, error.code, error.message)  # type: ignore[arg-type]


def _require_turn(held: Held, move: Move, now_ms: int) -> None:
    """Sequence and pace. KPM time is known to one report, so a single move may come so much early;
    on the whole they keep the interval (the generic cell rate algorithm of ITU-T I.371).
    """
    if move.sequence <= held.sequence:
        raise refused(
            "move.out_of_sequence", f"Move {held.sequence} was taken, this is {move.sequence}."
        )
    interval_ms = held.activation.plan.least_interval_ms
    early_ms = min(REPORT_PERIOD_MS, interval_ms // 2)
    if now_ms < held.due_ms - early_ms:
        raise refused(
            "move.too_soon", f"The next is due at {held.due_ms} ms, it is {now_ms} ms of KPM time."
        )


def _after(node: NodeInfo, ack: ControlAck, changes: tuple[ParameterChange, ...]) -> NodeInfo:
    to_mw = {c.cell_id: c.to_mw for c in changes}
    cells = tuple(
        c.model_copy(update={"configured_max_tx_power_mw": to_mw[c.cell_id]})
        if c.cell_id in to_mw
        else c
        for c in node.cells
    )
    version = {"resource_version": ack.resource_version, "kpm_time_ms": ack.kpm_time_ms}
    return node.model_copy(update={"cells": cells, **version})
