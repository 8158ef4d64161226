"""The way back: the certified previous values, by absolute controls, bounded in time."""

from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

import structlog
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_exponential
from tenacity.stop import stop_after_delay

from contracts.action import ParameterChange
from contracts.errors import RanwrightError
from contracts.plant_link import NodeInfo
from xapps.actuator.plant import Plant

LIMIT_S = 30.0
"""Wall time for which the way back is tried before a person is called."""

_OTHER_NODE = "rollback.other_node"
_log = structlog.get_logger(__name__)
_T = TypeVar("_T")
Found = Literal["unchanged", "taken_back"]


class WayBack:
    """Brings the cells of one plan back to their previous values.

    Args:
        plant: the plant.
        certificate_id: names the controls.
        node_name: the node that the action was made for; no other one is touched.
        changes: the plan's changes; only their cells and ``from_mw`` matter.
        limit_s: wall time for all tries together; 0 for a single one.
    """

    def __init__(
        self,
        plant: Plant,
        certificate_id: str,
        node_name: str,
        changes: Sequence[ParameterChange],
        limit_s: float = LIMIT_S,
    ) -> None:
        self._plant = plant
        self._certificate_id = certificate_id
        self._node_name = node_name
        self._changes = changes
        self._limit_s = limit_s

    def take(self) -> NodeInfo:
        """Set the previous values and read them back.

        Raises:
            RanwrightError: ``rollback.failed`` when the time is over.
        """
        return self._within_limit(self._take)

    def settle(self, fence: bool) -> Found:
        """After a control without effect as yet: fence it off, or take back what it changed.

        The fence sets the present values again. It moves the resource version on, so that the
        original control, should it still be under way, is refused as stale.

        Raises:
            RanwrightError: ``rollback.failed`` when the time is over.
        """
        return self._within_limit(lambda: self._settle(fence))

    def _within_limit(self, attempt: Callable[[], _T]) -> _T:
        retrying = Retrying(
            retry=retry_if_exception(_may_pass),
            wait=wait_exponential(multiplier=0.05, max=1.0),
            stop=stop_after_delay(self._limit_s),
            before_sleep=_tell,
            reraise=True,
        )
        try:
            return retrying(attempt)
        except RanwrightError as error:
            raise RanwrightError(
                "rollback.failed",
                f"The previous values could not be set in {self._limit_s:g} s: {error.message}",
                "Look at the plant at once; it is tried again as soon as it answers.",
            ) from error

    def _read_back(self) -> NodeInfo:
        node = self._plant.read_back()
        if node.node_name != self._node_name:
            raise RanwrightError(
                _OTHER_NODE, f"{self._node_name} began anew as {node.node_name}.", "Plan again."
            )
        return node

    def _take(self) -> NodeInfo:
        node = self._read_back()
        wrong = self._differing(node)
        if not wrong:
            return node
        self._plant.control(node, f"{self._certificate_id}:rollback", wrong)
        node = self._read_back()
        if left := self._differing(node):
            cells = [c.cell_id for c in left]
            raise RanwrightError(
                "rollback.not_taken", f"Cells {cells} kept their values.", "It is tried again."
            )
        return node

    def _settle(self, fence: bool) -> Found:
        node = self._read_back()
        if self._differing(node):
            self._take()
            return "taken_back"
        if not fence:
            return "unchanged"
        present = [c.model_copy(update={"to_mw": c.from_mw}) for c in self._changes]
        self._plant.control(node, f"{self._certificate_id}:fence", present)
        return "unchanged"

    def _differing(self, node: NodeInfo) -> list[ParameterChange]:
        """From what is to what was, for the cells that are not as they were."""
        present = {c.cell_id: c.configured_max_tx_power_mw for c in node.cells}
        return [
            c.model_copy(update={"from_mw": present.get(c.cell_id, 0), "to_mw": c.from_mw})
            for c in self._changes
            if present.get(c.cell_id) != c.from_mw
        ]


def applied(node: NodeInfo, changes: Sequence[ParameterChange]) -> bool:
    """Whether all of a plan's values stand in the configuration."""
    present = {c.cell_id: c.configured_max_tx_power_mw for c in node.cells}
    return all(present.get(c.cell_id) == c.to_mw for c in changes)


def _may_pass(error: BaseException) -> bool:
    """Whether another try may succeed; a node that began anew does not come back."""
    return isinstance(error, RanwrightError) and error.code != _OTHER_NODE


def _tell(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    _log.warning("way_back.again", attempt=state.attempt_number, reason=str(error))
