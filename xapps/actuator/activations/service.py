"""All of it together: what the actuator process sets up, and asks."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import structlog

from contracts.activation import ACTIVATION_POLICY_TYPE, MOVE_ANSWER, MOVE_REQ, MoveAnswer
from contracts.errors import RanwrightError
from contracts.rpc import Emit
from contracts.site import Site
from xapps.actuator.activations.board import Board, Held
from xapps.actuator.activations.ending import Endings
from xapps.actuator.activations.hand import Hand
from xapps.actuator.activations.keeper import Keeper
from xapps.actuator.activations.moves import Moves
from xapps.actuator.activations.newcomer import Newcomers
from xapps.actuator.activations.papers import ActivationPapers
from xapps.actuator.activations.store import ActivationStore, Row
from xapps.actuator.activations.watch import Watch
from xapps.actuator.admission import Admission
from xapps.actuator.course import powers_of
from xapps.actuator.tools import Tools
from xapps.actuator.whole import start_thread
from xapps.sdk.messenger import Messenger
from xapps.sdk.policies import A1Policies, Answer, PolicyRequest

_MOST_LISTED = 100
_log = structlog.get_logger(__name__)


class Activations:
    """Policy activations of one actuator.

    Args:
        site: whose actuator this is.
        tools: of the actuator.
        admission: knows the trust store.
        alone: held while no action is under way nor open; raises otherwise.
    """

    def __init__(
        self,
        site: Site,
        tools: Tools,
        admission: Admission,
        alone: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._policies: A1Policies | None = None
        self._messenger: Messenger | None = None
        self._board = Board()
        self._store = ActivationStore(tools.journal)
        papers = ActivationPapers(site, tools.clock)
        endings = Endings(self._board, tools.plant, self._store, papers, self._over)
        newcomers = Newcomers(
            site, tools, admission, self._store, papers, self._board, endings, alone
        )
        self._keeper = Keeper(newcomers, self._tell, self._query)
        hand = Hand(site, tools.plant, tools.clock)
        self._moves = Moves(
            self._board, endings, self._store, hand, tools.plant, tools.clock, self._answer
        )
        self._watch = Watch(site, self._board, endings, tools.plant, tools.clock)

    def attach(self, policies: A1Policies, messenger: Messenger) -> None:
        """Take activations over A1 and moves over RMR; before the messages are read."""
        self._policies, self._messenger = policies, messenger
        policies.on(ACTIVATION_POLICY_TYPE, self._keeper.on_policy)
        messenger.on(MOVE_REQ, self._moves.take)

    def start(self, stop: threading.Event) -> None:
        """Take up what the journal holds, and go on in threads until ``stop``."""
        self._keeper.recover()
        for name, run in (
            ("keeper", self._keeper.run),
            ("moves", self._moves.run),
            ("watch", self._watch.run),
        ):
            start_thread(name, run, stop)

    def require_none(self) -> None:
        """Refuse an action while any activation is not over.

        Raises:
            RanwrightError: ``conflict.live_activation``.
        """
        if rows := self._store.open():
            raise RanwrightError(
                "conflict.live_activation",
                f"Activation {rows[0].activation_id} is {rows[0].status}: its xApp may move what"
                " the action was planned on.",
                "Deactivate it first (delete its A1 policy), then plan on the network as it is.",
            )

    def listed(self, _params: dict[str, Any], _emit: Emit) -> Any:
        """Method ``activations``: the newest, the last one first."""
        node = self._board.node
        powers_mw = {} if node is None else powers_of(node)
        return [self._shown(row, powers_mw) for row in self._store.newest(_MOST_LISTED)]

    def _shown(self, row: Row, powers_mw: dict[int, int]) -> dict[str, Any]:
        held = self._board.held.get(row.activation_id)
        cells = () if held is None else held.cells
        return {
            "activation_id": row.activation_id,
            "trace_id": row.trace_id,
            "status": row.status,
            "code": row.code,
            "reason": row.reason,
            "moves": row.moves,
            "powers_mw": {str(c): powers_mw[c] for c in cells if c in powers_mw},
            "expires_at": row.expires_at,
        }

    def _over(self, held: Held) -> None:
        self._keeper.over(held)

    def _tell(self, name: str, answer: Answer) -> None:
        if self._policies is None:
            return
        about = PolicyRequest("CREATE", ACTIVATION_POLICY_TYPE, name, None)
        if not self._policies.answer(about, answer):
            _log.warning("activation.nobody_told", activation=name[:64], answer=answer)

    def _query(self) -> bool:
        return self._policies is not None and self._policies.query(ACTIVATION_POLICY_TYPE)

    def _answer(self, answer: MoveAnswer) -> None:
        data = answer.model_dump_json().encode()
        if self._messenger is None or not self._messenger.send(MOVE_ANSWER, data, ""):
            _log.info("move.unanswered", activation=answer.activation_id, code=answer.code)
