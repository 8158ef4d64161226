"""Keeps activations: takes them, ends them when their time is over, brings back what a crash left.

One thread does all of it, request after request and look after look. It holds the board's turn only
for what concerns the plant; the ledger is waited for without it.
"""

import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from contracts.errors import RanwrightError
from contracts.policy import load_policy
from contracts.site import Site
from xapps.actuator.activations import admission as checks
from xapps.actuator.activations.board import Held, Verdict
from xapps.actuator.activations.conflicts import may_return
from xapps.actuator.activations.moves import timed_out
from xapps.actuator.activations.newcomer import Newcomers
from xapps.actuator.activations.recovery import found_in
from xapps.actuator.admission import parse_envelope
from xapps.sdk.policies import Answer, PolicyRequest

LOOK_PERIOD_S = 0.5
CONFIRMATION_S = 5.0
"""Wall time within which A1 must still name, after a start, what was live before it."""

_BATCH = 100
_MOST_WAITING = 1000
_log = structlog.get_logger(__name__)


class Keeper:
    """Serves requests over A1, and looks after what is live.

    Args:
        newcomers: admits; holds all parts.
        tell: says over A1 how an activation fares.
        query: asks A1 for the activations that exist; false where it was not reached.
    """

    def __init__(
        self,
        newcomers: Newcomers,
        tell: Callable[[str, Answer], None],
        query: Callable[[], bool],
    ) -> None:
        self._new = newcomers
        self._board, self._endings = newcomers.board, newcomers.endings
        self._tell = tell
        self._query = query
        self._requests: queue.Queue[PolicyRequest] = queue.Queue(_MOST_WAITING)
        self._deleted: set[str] = set()
        self._unconfirmed: set[str] = set()
        self._asked = False
        self._began_s = 0.0
        self._sound: dict[str, _Stamp] = {}

    def on_policy(self, request: PolicyRequest) -> None:
        """Queue what A1 asks for; it is answered later."""
        try:
            self._requests.put_nowait(request)
        except queue.Full:
            _log.error("activation.request_dropped", activation=request.policy_id)

    def over(self, held: Held) -> None:
        """Tell A1 of an activation that is over."""
        self._tell(held.name, "DELETED" if held.name in self._deleted else "ERROR")
        self._deleted.discard(held.name)
        self._sound.pop(held.name, None)

    def recover(self) -> None:
        """Take up what the journal holds; nothing of it moves before the plant was read back."""
        self._began_s = time.monotonic()
        store = self._new.store
        rows = store.open()
        for row in rows:
            if row.status == "received":
                self._refuse_interrupted(row.activation_id, row.trace_id)
                continue
            store.end_move(row.activation_id, "move.interrupted", None)
            others = [o for o in rows if o is not row]
            self._board.held[row.activation_id] = found_in(store.journal, row, others)
            self._unconfirmed.add(row.activation_id)

    def run(self, stop: threading.Event) -> None:
        """Serve and look until ``stop``."""
        looked_s = 0.0
        while not stop.is_set():
            try:
                self._serve(self._requests.get(timeout=LOOK_PERIOD_S))
            except queue.Empty:
                pass
            except RanwrightError as error:
                _log.error("keeper.failed", code=error.code, reason=error.message)
            if time.monotonic() - looked_s >= LOOK_PERIOD_S:
                looked_s = time.monotonic()
                self.look()

    def look(self) -> None:
        """Do once what is due; what cannot be done now is tried again."""
        for step in (
            self._sort_out,
            self._confirm,
            self._find_node,
            self._end_what_is_due,
            self._go_on,
            self._report,
        ):
            try:
                step()
            except RanwrightError as error:
                _log.warning("keeper.waiting", code=error.code, reason=error.message)

    def _serve(self, request: PolicyRequest) -> None:
        name = request.policy_id
        if request.operation == "DELETE":
            self._delete(name)
            return
        try:
            policy = request.policy if isinstance(request.policy, dict) else {}
            envelope = parse_envelope(policy.get("activation"))
            self._new.admit(name, envelope)
        except RanwrightError as error:
            _log.warning("activation.not_enforced", activation=name[:64], code=error.code)
            self._tell(name, "ERROR")
        else:
            self._unconfirmed.discard(name)
            self._tell(name, "OK")

    def _delete(self, name: str) -> None:
        with self._board.turn:
            held = self._board.held.get(name)
            if held is not None:
                self._deleted.add(name)
                asked = Verdict("ended", "activation.deleted", "Deactivated over A1.")
                self._endings.begin(held, asked)
                return
        self._tell(name, "DELETED")

    def _refuse_interrupted(self, name: str, trace_id: str) -> None:
        code, reason = "recovery.not_live", "Interrupted before it was live."
        signed, record = self._new.papers.end(
            name, trace_id, "refused", code, reason, 0, None, None
        )
        data = (signed.canonical(),)
        self._new.store.set_status(name, "refused", code, reason, "refused", (record,), data)

    def _sort_out(self) -> None:
        """What is neither live nor being admitted could not be written down when it was refused."""
        for row in self._new.store.open():
            if row.status == "received":
                self._refuse_interrupted(row.activation_id, row.trace_id)

    def _confirm(self) -> None:
        """Ask A1 what exists; what was deleted while nobody listened is not named and ends."""
        if self._asked and not self._unconfirmed:
            return
        self._asked = self._query() or self._asked
        if not self._asked:
            self._began_s = time.monotonic()
        elif time.monotonic() - self._began_s >= CONFIRMATION_S:
            withdrawn = Verdict("ended", "activation.withdrawn", "A1 does not know it any more.")
            with self._board.turn:
                for name in self._unconfirmed & self._board.held.keys():
                    self._endings.begin(self._board.held[name], withdrawn)
            self._unconfirmed.clear()

    def _find_node(self) -> None:
        with self._board.turn:
            if self._board.node is None and self._board.live():
                self._endings.adopt(self._new.tools.plant.read_back())

    def _end_what_is_due(self) -> None:
        for held in list(self._board.held.values()):
            verdict = self._due(held)
            with self._board.turn:
                if verdict is not None:
                    self._endings.begin(held, verdict)
                elif held.status == "ending" and held.name in self._board.held:
                    self._endings.attempt(held)

    def _due(self, held: Held) -> Verdict | None:
        """Why an activation ends now, for what stands on paper."""
        if held.status == "ending":
            return None
        activation = held.activation
        try:
            checks.still_in_time(activation, self._new.tools.clock.now().wall_time)
        except RanwrightError as error:
            return timed_out(error)
        stamp = _stamp(self._new.site)
        if self._sound.get(held.name) == stamp:
            return None
        try:
            trust = self._new.admission.trust()
            checks.still_trusted(held.envelope, activation, trust)
            policy = load_policy(self._new.site.policy)
        except RanwrightError as error:
            return Verdict("revoked", error.code, error.message)
        if policy.digest != activation.policy_digest:
            changed = "The policy in force is not the one it was made under."
            return Verdict("revoked", "policy.changed", changed)
        self._sound[held.name] = stamp
        return None

    def _go_on(self) -> None:
        """Bring who is suspended to the base, and let go on who is in nobody's way any more."""
        with self._board.turn:
            for held in [h for h in self._board.held.values() if h.status == "suspended"]:
                if not held.at_base:
                    self._new.settle(held)
            ending = any(h.status == "ending" for h in self._board.held.values())
            for held in list(self._board.held.values()):
                live = [h.party for h in self._board.live()]
                if held.status == "suspended" and not ending and may_return(held.party, live):
                    self._new.store.set_status(held.name, "live", None, "")
                    held.status, held.at_base = "live", False
                    _log.info("activation.goes_on", activation=held.name)

    def _report(self) -> None:
        """Put the moves that were answered into the outbox, in batches."""
        store, papers = self._new.store, self._new.papers
        while batch := store.outcomes(_BATCH):
            outcomes = [outcome for _, outcome in batch]
            name = outcomes[0].move.activation_id
            row = store.find(name)
            trace_id = row.trace_id if row is not None else "unknown"
            record, data = papers.moves(trace_id, batch[0][0], outcomes)
            store.forget_moves(name, batch[-1][0], record, data)
            if len(batch) < _BATCH:
                return


_Stamp = tuple[tuple[int, int] | None, ...]
"""When the files that an activation rests on were written; read again only after that."""


def _stamp(site: Site) -> _Stamp:
    return tuple(_written(path) for path in (site.policy, site.trust, site.root_key))


def _written(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino
