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
from xapps.actuator.course import powers_of
from xapps.actuator.plant import Plant

LIMIT_S = 30.0
"""Wall time after which no further try begins: of finding out what stands, of the way back, and of
the fall-back, each. A try lasts as long as the plant takes to answer three questions, in the
fall-back four a cell more (at most :data:`xapps.actuator.plant.ANSWER_TIMEOUT_S` each).
"""

_OTHER_NODE = "rollback.other_node"
_log = structlog.get_logger(__name__)
_T = TypeVar("_T")
Found = Literal["unchanged", "changed"]


class WayBack:
    """Brings the cells of one plan back to their previous values.

    Args:
        plant: the plant.
        certificate: names the controls and the node that they are for; no other node is touched.
        sent_version: version that the newest control of the action was made for; ``None`` for the
            plan's.
        limit_s: wall time for all tries together; 0 for a single one, ``None`` for ``LIMIT_S``.
    """

    def __init__(
        self,
        plant: Plant,
        certificate: Certificate,
        sent_version: int | None,
        limit_s: float | None = None,
    ) -> None:
        plan = certificate.plan
        self.certificate = certificate
        self._plant = plant
        self._changes = plan.changes
        self._sent_version = plan.resource_version if sent_version is None else sent_version
        self._limit_s = LIMIT_S if limit_s is None else limit_s

    def take(self) -> None:
        """Set the previous values and read them back, on a version that overtook the action.

        The version counts as much as the values: a control of the action that is still under way,
        or comes twice, is refused as stale only after it moved.

        Raises:
            RanwrightError: ``rollback.failed`` when the time is over.
        """
        self.within_limit(self._take)

    def settle(self, fence: bool) -> Found:
        """After a first control without effect as yet: whether something of it may have stood.

        Where the version did not move, nothing did. Then the present values are set again (the
        fence): that moves the version on, so that the original control, should it still be under
        way, is refused as stale.

        Args:
            fence: ``False`` when the plant answered the control, which is then not under way.

        Raises:
            RanwrightError: ``rollback.failed`` when the time is over.
        """
        return self.within_limit(lambda: self._settle(fence))

    def within_limit(self, attempt: Callable[[], _T]) -> _T:
        """Try until it succeeds.

        Raises:
            RanwrightError: ``rollback.failed`` when the time is over.
        """
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
                f"Not brought back in {self._limit_s:g} s: {error.message}",
                "Look at the plant at once; it is tried again as soon as it answers.",
            ) from error

    def overtaken(self, node: NodeInfo) -> bool:
        """Whether the newest control of the action is stale by now."""
        return node.resource_version > self._sent_version

    def control(self, node: NodeInfo, name: str, changes: Sequence[ParameterChange]) -> int:
        """Set values on the configuration that was read; the version that is acknowledged."""
        request_id = f"{self.certificate.certificate_id}:{name}"
        return self._plant.control(node, request_id, changes).resource_version

    def read_back(self) -> NodeInfo:
        """The node that the action was for.

        Raises:
            RanwrightError: ``rollback.other_node``, or no answer.
        """
        node, made_for = self._plant.read_back(), self.certificate.node_name
        if node.node_name != made_for:
            raise RanwrightError(
                _OTHER_NODE, f"{made_for} began anew as {node.node_name}.", "Plan again."
            )
        return node

    def _take(self) -> None:
        node = self.read_back()
        if self._is_back(node):
            return
        self._set_previous(node)
        if not self._is_back(self.read_back()):
            raise not_taken("The previous values were acknowledged and are not in force.")

    def _settle(self, fence: bool) -> Found:
        node = self.read_back()
        if self.overtaken(node) or self._differing(node):
            return "changed"
        if not fence:
            return "unchanged"
        made = self._set_previous(node)
        node = self.read_back()
        if not self.overtaken(node):
            raise not_taken("The fence was acknowledged and the version did not move.")
        ours = node.resource_version == made and not self._differing(node)
        return "unchanged" if ours else "changed"

    def _set_previous(self, node: NodeInfo) -> int:
        """Set the previous values, of cells where they differ; the version acknowledged."""
        differing = self._differing(node)
        same = [c.model_copy(update={"to_mw": c.from_mw}) for c in self._changes]
        return self.control(node, "rollback" if differing else "fence", differing or same)

    def _is_back(self, node: NodeInfo) -> bool:
        return self.overtaken(node) and not self._differing(node)

    def _differing(self, node: NodeInfo) -> list[ParameterChange]:
        """From what is to what was, for the cells that are not as they were."""
        present = powers_of(node)
        return [
            c.model_copy(update={"from_mw": present.get(c.cell_id, 0), "to_mw": c.from_mw})
            for c in self._changes
            if present.get(c.cell_id) != c.from_mw
        ]


def applied(node: NodeInfo, changes: Sequence[ParameterChange]) -> bool:
    """Whether all of a plan's values stand in the configuration."""
    present = powers_of(node)
    return all(present.get(c.cell_id) == c.to_mw for c in changes)


def not_taken(message: str) -> RanwrightError:
    """A try of the way back that changed too little."""
    return RanwrightError("rollback.not_taken", message, "It is tried again.")


def _may_pass(error: BaseException) -> bool:
    """Whether another try may succeed; a node that began anew does not come back."""
    return isinstance(error, RanwrightError) and error.code != _OTHER_NODE


def _tell(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    _log.warning("way_back.again", attempt=state.attempt_number, reason=str(error))
