"""A network that lies: it stands between the E2 node and the real simulated plant.

Honest by default. A :class:`Fault` says what it does to controls, read-backs and reports from the
moment that it is armed.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import structlog

from contracts.action import ParameterChange
from contracts.errors import RanwrightError
from contracts.network import KpmReport
from contracts.plant_link import ControlAck, ControlRequest, NodeInfo
from twins.plant.service import PlantService

_log = structlog.get_logger(__name__)
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
    """A network that passes on what the plant behind it is and does, but for the fault."""

    def __init__(self) -> None:
        self.behind: PlantService | None = None
        self.fault = Fault()
        self.armed_at: Callable[[], None] = lambda: None
        self._armed = False
        self._reports = 0
        self._first: KpmReport | None = None
        self._before: NodeInfo | None = None
        self.nothing_under_way = threading.Event()
        self.nothing_under_way.set()

    def use(self, fault: Fault, armed_at: Callable[[], None]) -> None:
        """Have a fault; ``armed_at`` is called when it begins."""
        self.fault, self.armed_at = fault, armed_at
        self._armed, self._reports, self._first = False, 0, None

    def info(self) -> NodeInfo:
        """The plant as it is, whatever the fault.

        Raises:
            RanwrightError: ``plant.down``.
        """
        return self._plant().info()

    def reports(self, period_ms: int, stop: threading.Event) -> Iterator[KpmReport]:
        """The plant's reports, forged from the moment that the fault is armed."""
        for report in self._plant().reports(period_ms, stop):
            forge = self.fault.forge if self._armed else None
            self._first = self._first or report
            passed = report if forge is None else forge(report, self._first)
            if passed is not None:
                yield passed
            if self._armed:
                self._reports += 1
                if self._reports == self.fault.reverts_after_reports:
                    self._revert()

    def apply(self, request: ControlRequest) -> ControlAck:
        """Carry a control out, or treat it as the fault says."""
        way = request.request_id.rpartition(":")[2]
        fault = self.fault
        if fault.refuses is not None and not way.isdigit():
            cell, powers = fault.refuses
            if any(c.cell_id == cell and c.to_mw in powers for c in request.changes):
                raise RanwrightError("control.refused", "The cell does not want to.", "Ask it.")
        if way != str(fault.stage):
            return self._plant().apply(request)
        self._before = self.info()
        self._arm()
        return self._faulty(request)

    def _plant(self) -> PlantService:
        if self.behind is None:
            raise RanwrightError("plant.down", "The plant is down.", "Start it.")
        return self.behind

    def _arm(self) -> None:
        if not self._armed:
            self._armed = True
            self.armed_at()

    def _faulty(self, request: ControlRequest) -> ControlAck:
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
                self._delay(request)
                raise ConnectionResetError("the association breaks before the control is taken")
            case "refuse":
                raise RanwrightError("control.refused", "The node does not want to.", "Ask it.")
            case _:
                return self._plant().apply(request)

    def _delay(self, request: ControlRequest) -> None:
        """Deliver a control after nobody waits for its answer any more."""

        def deliver() -> None:
            try:
                self._plant().apply(request)
            except RanwrightError as error:
                _log.info("proxy.late_control_refused", code=error.code)
            finally:
                self.nothing_under_way.set()

        self.nothing_under_way.clear()
        threading.Timer(_DELAY_S, deliver).start()

    def _ack(self, request: ControlRequest) -> ControlAck:
        node = self.info()
        return ControlAck(
            request_id=request.request_id,
            resource_version=node.resource_version,
            kpm_time_ms=node.kpm_time_ms,
        )

    def _send(self, request: ControlRequest, changes: Sequence[ParameterChange]) -> ControlAck:
        return self._plant().apply(request.model_copy(update={"changes": tuple(changes)}))

    def _revert(self) -> None:
        assert self._before is not None
        node = self.info()
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
        self._plant().apply(request)


_LOWEST_MW = 25_238
_DELAY_S = 7.0
"""Longer than the actuator waits for an answer."""
