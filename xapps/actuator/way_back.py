"""The way back: the certified previous values, by absolute controls, bounded in time."""

from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

import structlog
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_exponential
from tenacity.stop import stop_after_delay

from contracts.action import ParameterChange
from contracts.certificate import Certificate
from contracts.errors import RanwrightError
from contracts.plant_link import NodeInfo
from xapps.actuator.plant import Plant

LIMIT_S = 30.0
"""Wall time for which the way back is tried before a person is called."""

_OTHER_NODE = "rollback.other_node"
_log = structlog.get_logger(__name__)
_T = TypeVar("_T")
Found = Literal["unchanged", "changed"]


class WayBack:
    """Brings the cells of one plan back to their previous values.

    Args:
        plant: the plant.
        certificate: names the controls and the node that they are for; no other node is touched.
        limit_s: wall time for all tries together; 0 for a single one.
    """

    def __init__(self, plant: Plant, certificate: Certificate, limit_s: float = LIMIT_S) -> None:
        self._plant = plant
        self._certificate = certificate
        self._changes = certificate.plan.changes
        self._limit_s = limit_s

    def take(self) -> None:
        """Set the previous values and read them back, on a later version than the plan's.

        The version counts as much as the values: a control of the action that is still under way,
        or comes twice, is refused as stale only after it moved.

        Raises:
            RanwrightError: ``rollback.failed`` when the time is over.
        """
        self._within_limit(self._take)

    def settle(self, fence: bool) -> Found:
        """After a control without effect as yet: whether something of it stands in the plant.

        Where nothing does, the present values are set again (the fence). That moves the resource
        version on, so that the original control, should it still be under way, is refused as stale.

        Args:
            fence: ``False`` when the plant answered the control, which is then not under way.

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
        node, made_for = self._plant.read_back(), self._certificate.node_name
        if node.node_name != made_for:
            raise RanwrightError(
                _OTHER_NODE, f"{made_for} began anew as {node.node_name}.", "Plan again."
            )
        return node

    def _take(self) -> None:
        node = self._read_back()
        if not self._is_back(node) and not self._is_back(self._set_previous(node)):
            raise _not_taken("The previous values were acknowledged and are not in force.")

    def _settle(self, fence: bool) -> Found:
        node = self._read_back()
        if fence and not self._overtaken(node) and not self._differing(node):
            node = self._set_previous(node)
            if not self._overtaken(node):
                raise _not_taken("The fence was acknowledged and the version did not move.")
        return "changed" if self._differing(node) else "unchanged"

    def _set_previous(self, node: NodeInfo) -> NodeInfo:
        """Set the previous values, by cells where they differ; an acknowledgement is read back."""
        differing = self._differing(node)
        same = [c.model_copy(update={"to_mw": c.from_mw}) for c in self._changes]
        name = f"{self._certificate.certificate_id}:{'rollback' if differing else 'fence'}"
        self._plant.control(node, name, differing or same)
        return self._read_back()

    def _is_back(self, node: NodeInfo) -> bool:
        return self._overtaken(node) and not self._differing(node)

    def _overtaken(self, node: NodeInfo) -> bool:
        """Whether the action's control, made for the plan's version, is stale by now."""
        return node.resource_version > self._certificate.plan.resource_version

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


def _not_taken(message: str) -> RanwrightError:
    return RanwrightError("rollback.not_taken", message, "It is tried again.")


def _may_pass(error: BaseException) -> bool:
    """Whether another try may succeed; a node that began anew does not come back."""
    return isinstance(error, RanwrightError) and error.code != _OTHER_NODE


def _tell(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    _log.warning("way_back.again", attempt=state.attempt_number, reason=str(error))
