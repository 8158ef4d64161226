"""The actuator's side of the plant link: read, subscribe, and signed control."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from contracts.action import ParameterChange
from contracts.clock import Clock
from contracts.dsse import sign
from contracts.errors import RanwrightError
from contracts.keys import load_signer
from contracts.network import KpmReport
from contracts.plant_link import CONTROL_PAYLOAD_TYPE, ControlAck, ControlRequest, NodeInfo
from contracts.rpc import Client
from contracts.site import Site

_T = TypeVar("_T", NodeInfo, ControlAck, KpmReport)

ANSWER_TIMEOUT_S = 5.0
"""Wall time within which the plant answers a query or a control."""


class Plant:
    """Talks to the plant; every call connects anew, so a restarted plant is simply found again.

    Methods raise :class:`RanwrightError`: ``rpc.unreachable``, ``plant.malformed_answer``, or the
    plant's own cause.
    """

    def __init__(self, site: Site, clock: Clock) -> None:
        self._site = site
        self._clock = clock

    def read_back(self) -> NodeInfo:
        """Identity and present configuration."""
        info = _parse(NodeInfo, self._call("read_back", {}, ANSWER_TIMEOUT_S))
        self._clock.observe(info.kpm_time_ms)
        return info

    def control(
        self, node: NodeInfo, request_id: str, changes: Sequence[ParameterChange]
    ) -> ControlAck:
        """Set values if the configuration is still the one in ``node``.

        A lost answer raises ``rpc.unreachable`` and leaves open whether the plant acted.
        """
        request = ControlRequest(
            node_name=node.node_name,
            request_id=request_id,
            expected_version=node.resource_version,
            changes=tuple(changes),
        )
        envelope = sign(request, CONTROL_PAYLOAD_TYPE, load_signer(self._site, "actuator"))
        params = {"envelope": envelope.model_dump(mode="json")}
        ack = _parse(ControlAck, self._call("control", params, ANSWER_TIMEOUT_S))
        self._clock.observe(ack.kpm_time_ms)
        return ack

    def subscribe(
        self,
        period_ms: int,
        count: int,
        silence_timeout_s: float,
        on_report: Callable[[KpmReport], None],
    ) -> None:
        """Receive ``count`` reports; silence for longer than the timeout raises."""

        def receive(value: Any) -> None:
            report = _parse(KpmReport, value)
            self._clock.observe(report.kpm_time_ms)
            on_report(report)

        params = {"period_ms": period_ms, "count": count}
        self._call("subscribe", params, silence_timeout_s, receive)

    def _call(
        self,
        method: str,
        params: dict[str, Any],
        timeout_s: float,
        on_progress: Callable[[Any], None] | None = None,
    ) -> Any:
        with Client(self._site.socket("plant"), timeout_s) as client:
            return client.call(method, params, on_progress)


def _parse(kind: type[_T], value: Any) -> _T:
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise RanwrightError(
            "plant.malformed_answer",
            f"The plant sent no valid {kind.__name__}: {error}",
            "Check that plant and actuator are of one release.",
        ) from error
