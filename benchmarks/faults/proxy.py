"""A plant link that lies: it stands between the actuator and the real simulated plant.

Honest by default. A :class:`Fault` says what it does to controls, read-backs and reports from the
moment that it is armed.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.action import ParameterChange
from contracts.dsse import SignedEnvelope, sign, unverified_payload
from contracts.errors import RanwrightError
from contracts.keys import load_signer
from contracts.network import KpmReport
from contracts.plant_link import CONTROL_PAYLOAD_TYPE, ControlAck, ControlRequest, NodeInfo
from contracts.rpc import Client, Emit, Server
from contracts.site import Site

Forge = Callable[[KpmReport, KpmReport], KpmReport | None]
"""A report and the first one of the action, to what is passed on; ``None`` for nothing."""


@dataclass(frozen=True)
class Fault:
    """What is wrong.

    ``stage``: the action's stage whose control is treated so, and with which reports begin to be
    forged; 0 for none. ``refuses``: a cell and powers that it cannot be set to, milliwatts.
    """

    control: str = ""
    stage: int = 1
    forge: Forge | None = None
    refuses: tuple[int, tuple[int, ...]] | None = None
    reverts_after_reports: int = 0


class Proxy:
    """Serves the plant's methods on the site's socket."""

    def __init__(self, site: Site, behind: Site) -> None:
        self._site, self._behind = site, behind
        self.fault = Fault()
        self.armed_at: Callable[[], None] = lambda: None
        self._armed = False
        self._reports = 0
        self._first: KpmReport | None = None
        self._before: NodeInfo | None = None
        self.nothing_under_way = threading.Event()
        self.nothing_under_way.set()
        self._server = Server(
            site.socket("plant"),
            {
                "ping": self._forward("ping"),
                "read_back": self._forward("read_back"),
                "subscribe": self._subscribe,
                "control": self._control,
            },
        )
        self._server.start()

    def close(self) -> None:
        """Stop."""
        self._server.close()

    def use(self, fault: Fault, armed_at: Callable[[], None]) -> None:
        """Have a fault; ``armed_at`` is called when it begins."""
        self.fault, self.armed_at = fault, armed_at
        self._armed, self._reports, self._first = False, 0, None

    def node(self) -> NodeInfo:
        """The plant as it is, whatever the fault."""
        return NodeInfo.model_validate(self._call("read_back", {}))

    def _call(self, method: str, params: dict[str, Any], emit: Emit | None = None) -> Any:
        with Client(self._behind.socket("plant"), 30.0) as client:
            return client.call(method, params, emit)

    def _forward(self, method: str) -> Callable[[dict[str, Any], Emit], Any]:
        return lambda params, emit: self._call(method, params, emit)

    def _arm(self) -> None:
        if not self._armed:
            self._armed = True
            self.armed_at()

    def _control(self, params: dict[str, Any], _emit: Emit) -> Any:
        envelope = SignedEnvelope.model_validate(params["envelope"])
        request = ControlRequest.parse(unverified_payload(envelope))
        way = request.request_id.rpartition(":")[2]
        fault = self.fault
        if fault.refuses is not None and not way.isdigit():
            cell, powers = fault.refuses
            if any(c.cell_id == cell and c.to_mw in powers for c in request.changes):
                raise RanwrightError("control.refused", "The cell does not want to.", "Ask it.")
        if way != str(fault.stage):
            return self._call("control", params)
        self._before = self.node()
        self._arm()
        return self._faulty(request, params)

    def _faulty(self, request: ControlRequest, params: dict[str, Any]) -> Any:
        changes = request.changes
        match self.fault.control:
            case "ignore":
                return self._ack(request)
            case "half":
                return self._send(request, changes[: len(changes) // 2])
            case "misapply":
                lower = {"to_mw": _LOWEST_MW}
                return self._send(request, [c.model_copy(update=lower) for c in changes])
            case "delay":
                return self._late(params)
            case "refuse":
                raise RanwrightError("control.refused", "The node does not want to.", "Ask it.")
            case _:
                return self._call("control", params)

    def _late(self, params: dict[str, Any]) -> Any:
        """Deliver a control after nobody waits for its answer any more."""
        self.nothing_under_way.clear()
        try:
            threading.Event().wait(_DELAY_S)
            return self._call("control", params)
        finally:
            self.nothing_under_way.set()

    def _ack(self, request: ControlRequest) -> Any:
        node = self.node()
        return ControlAck(
            request_id=request.request_id,
            resource_version=node.resource_version,
            kpm_time_ms=node.kpm_time_ms,
        ).model_dump(mode="json")

    def _send(self, request: ControlRequest, changes: Sequence[ParameterChange]) -> Any:
        other = request.model_copy(update={"changes": tuple(changes)})
        envelope = sign(other, CONTROL_PAYLOAD_TYPE, load_signer(self._site, "actuator"))
        return self._call("control", {"envelope": envelope.model_dump(mode="json")})

    def _subscribe(self, params: dict[str, Any], emit: Emit) -> Any:
        def pass_on(value: Any) -> None:
            report = KpmReport.model_validate(value)
            forge = self.fault.forge if self._armed else None
            self._first = self._first or report
            passed = report if forge is None else forge(report, self._first)
            if passed is not None:
                emit(passed.model_dump(mode="json"))
            if self._armed:
                self._reports += 1
                if self._reports == self.fault.reverts_after_reports:
                    self._revert()

        return self._call("subscribe", params, pass_on)

    def _revert(self) -> None:
        assert self._before is not None
        node = self.node()
        present = {c.cell_id: c.configured_max_tx_power_mw for c in node.cells}
        changes = [
            ParameterChange(
                cell_id=c.cell_id,
                from_mw=present[c.cell_id],
                to_mw=c.configured_max_tx_power_mw,
            )
            for c in self._before.cells
            if present[c.cell_id] != c.configured_max_tx_power_mw
        ]
        request = ControlRequest(
            node_name=node.node_name,
            request_id="somebody",
            expected_version=node.resource_version,
            changes=tuple(changes),
        )
        self._send(request, changes)


_LOWEST_MW = 25_238
_DELAY_S = 7.0
"""Longer than the actuator waits for an answer."""
