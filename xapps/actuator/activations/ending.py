"""The end of an activation: its cells go back to their base, whatever made it end.

The plant comes before the books, and nothing is believed because it was acknowledged: the base must
be read back, on a version later than the one found when the end began. No control that was sent
before can act any more then. What cannot be done now is tried again as long as the actuator runs.
"""

from collections.abc import Callable, Sequence

import structlog

from contracts.action import ParameterChange
from contracts.errors import RanwrightError
from contracts.plant_link import NodeInfo
from xapps.actuator.activations.board import Board, Held, Verdict, at_base
from xapps.actuator.activations.envelope import why_outside
from xapps.actuator.activations.papers import ActivationPapers
from xapps.actuator.activations.store import ActivationStore
from xapps.actuator.course import powers_of
from xapps.actuator.journal import Statement
from xapps.actuator.plant import Plant

_log = structlog.get_logger(__name__)
_OTHER_NODE = "activation.node_gone"


class Endings:
    """Ends activations; callers hold the board's turn.

    Args:
        board: what is live.
        plant: the plant.
        store: of activations.
        papers: makes the signed ends.
        over: hears of every activation that is over, after it was written.
    """

    def __init__(
        self,
        board: Board,
        plant: Plant,
        store: ActivationStore,
        papers: ActivationPapers,
        over: Callable[[Held], None],
    ) -> None:
        self._board = board
        self._plant = plant
        self._store = store
        self._papers = papers
        self._over = over

    def begin(self, held: Held, verdict: Verdict) -> None:
        """End an activation, at once where the plant lets it; a second reason changes nothing."""
        if held.status == "ending":
            return
        held.status, held.end, held.floor_version = "ending", verdict, None
        try:
            self._store.set_status(
                held.name, "ending", verdict.code, verdict.reason, verdict.status
            )
        except RanwrightError as error:
            _log.error("activation.end_unwritten", activation=held.name, reason=error.message)
        _log.info("activation.ending", activation=held.name, code=verdict.code)
        self.attempt(held)

    def attempt(self, held: Held) -> None:
        """Try once to bring an ending activation to its base, and to write its end."""
        try:
            # of one that was suspended another activation may hold the cells by now
            node = self._present(held) if held.at_base else self.bring_to_base(held)
        except RanwrightError as error:
            _log.warning("activation.not_at_base", activation=held.name, reason=error.message)
            return
        self._finish(held, node)

    def bring_to_base(self, held: Held) -> NodeInfo | None:
        """Set the base powers and read them back; ``None`` where the node has begun anew.

        Raises:
            RanwrightError: what the plant said, or ``activation.not_at_base``: try again.
        """
        node = self._read_back()
        if node.node_name != held.activation.plan.node_name:
            return None
        if held.floor_version is None:
            held.floor_version = node.resource_version
        if not self._is_back(held, node):
            self._set_base(held, node)
            node = self._read_back()
        if not self._is_back(held, node):
            raise RanwrightError(
                "activation.not_at_base",
                "The base powers were acknowledged and are not in force.",
                "It is tried again.",
            )
        return node

    def adopt(self, node: NodeInfo) -> None:
        """Take what was read back for what stands; what is not inside its envelope ends."""
        self._board.node = node
        present_mw = powers_of(node)
        live = self._board.live()
        # all are judged before one ends: that moves its cells, and leaves them to nobody
        verdicts = [self._fault(held, node, present_mw) for held in live]
        for held, verdict in zip(live, verdicts, strict=True):
            if verdict is not None:
                self.begin(held, verdict)

    def _fault(self, held: Held, node: NodeInfo, present_mw: dict[int, int]) -> Verdict | None:
        made_for = held.activation.plan.node_name
        if node.node_name != made_for:
            return Verdict("revoked", _OTHER_NODE, f"{made_for} began anew as {node.node_name}.")
        if (why := why_outside(held.activation.plan, present_mw)) is not None:
            return Verdict("revoked", "activation.outside_envelope", f"Read back: {why}.")
        if strangers := self._board.strangers(present_mw, held.rest_mw):
            said = f"Cells {strangers}, which nobody may move, are not as the action left them."
            return Verdict("revoked", "activation.network_changed", said)
        return None

    def _present(self, held: Held) -> NodeInfo | None:
        """The node as it is known; ``None`` where it has begun anew."""
        node = self._board.node or self._read_back()
        return node if node.node_name == held.activation.plan.node_name else None

    def _read_back(self) -> NodeInfo:
        self._board.node = None
        self._board.node = self._plant.read_back()
        return self._board.node

    def _is_back(self, held: Held, node: NodeInfo) -> bool:
        floor = held.floor_version
        return floor is not None and node.resource_version > floor and at_base(held, node)

    def _set_base(self, held: Held, node: NodeInfo) -> None:
        """All cells at once; where the node refuses that, each on its own."""
        present_mw = powers_of(node)
        steps = [
            ParameterChange(cell_id=c, from_mw=present_mw.get(c, 0), to_mw=mw)
            for c, mw in held.activation.plan.base_mw.items()
        ]
        try:
            self._control(held, node, [s for s in steps if s.from_mw != s.to_mw] or steps)
        except RanwrightError as error:
            if not error.code.startswith("control.") or error.code == "control.stale_version":
                raise
            _log.warning("activation.base_refused", activation=held.name, reason=error.message)
            self._set_each(held, steps)

    def _set_each(self, held: Held, steps: Sequence[ParameterChange]) -> None:
        for step in steps:
            node = self._read_back()
            present_mw = powers_of(node).get(step.cell_id, 0)
            if present_mw != step.to_mw:
                try:
                    self._control(held, node, [step.model_copy(update={"from_mw": present_mw})])
                except RanwrightError as error:
                    _log.warning("activation.cell_refused", cell=step.cell_id, code=error.code)

    def _control(self, held: Held, node: NodeInfo, steps: Sequence[ParameterChange]) -> None:
        self._plant.control(node, f"{held.name}:base", steps)

    def _finish(self, held: Held, node: NodeInfo | None) -> None:
        end = held.end
        assert end is not None  # set where the end began
        powers_mw = None if node is None else powers_of(node)
        own_mw = None if powers_mw is None else {c: powers_mw[c] for c in held.cells}
        version = None if node is None else node.resource_version
        try:
            envelope, record = self._papers.end(
                held.name,
                held.activation.trace_id,
                end.status,
                end.code,
                end.reason,
                held.moves,
                own_mw,
                version,
                end.measured,
            )
            self._store.set_status(
                held.name,
                end.status,
                end.code,
                end.reason,
                end.status,
                (record,),
                (envelope.canonical(),),
                self._undo_from(held, version),
            )
        except RanwrightError as error:
            _log.error("activation.end_unwritten", activation=held.name, reason=error.message)
            return
        del self._board.held[held.name]
        _log.info("activation.over", activation=held.name, status=end.status, code=end.code)
        self._over(held)

    def _undo_from(self, held: Held, version: int | None) -> list[Statement]:
        """Once all is at its base again, the action before can be undone from this version on."""
        others = [h for h in self._board.held.values() if h is not held and h.status != "suspended"]
        if version is None or others:
            return []
        update = "UPDATE action SET applied_version = ? WHERE certificate_id = ?"
        return [(update, (version, held.activation.plan.certificate_id))]
