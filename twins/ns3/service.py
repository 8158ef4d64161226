"""The LTE plant behind the plant link.

Unlike :class:`twins.plant.service.PlantService` it cannot make a report again, and ns-3 is slower
than the clock. So time passes while somebody subscribes, as fast as ns-3 can, and every subscriber
gets the same reports. A new process is a new life: nothing is kept.
"""

import secrets
import threading
import time
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Any

import structlog

from contracts.errors import RanwrightError
from contracts.network import REPORT_PERIOD_MS, KpmReport
from contracts.plant_link import ControlAck, ControlRequest, NodeInfo
from contracts.rpc import Emit, Handler
from twins.ns3.plant import Ns3Plant
from twins.plant.control import accepted_powers
from twins.plant.service import Subscription
from twins.runtime import configure_thread

_REPORTS_KEPT = 3000
_log = structlog.get_logger(__name__)


class Ns3Service:
    """Serves the methods of :mod:`contracts.plant_link`.

    Args:
        plant: the network; nobody else may drive it.
    """

    def __init__(self, plant: Ns3Plant) -> None:
        self._plant = plant
        self._lock = threading.Lock()
        self._node_name = f"enb-{plant.scenario.name}-{secrets.token_hex(4)}"
        self._reports: deque[KpmReport] = deque(maxlen=_REPORTS_KEPT)
        # before the first report only the order of magnitude is known
        self._pace_factor = 1.0
        self._info = self._describe()

    def handlers(self) -> dict[str, Handler]:
        """Methods by name."""
        return {
            "read_back": self.read_back,
            "subscribe": self.subscribe,
        }

    def read_back(self, _params: dict[str, Any], _emit: Emit) -> dict[str, Any]:
        """``{}`` to a :class:`NodeInfo`."""
        return self._info.model_dump(mode="json")

    def info(self) -> NodeInfo:
        """Identity and present configuration; the pace is that of the latest report."""
        return self._info

    def subscribe(self, params: dict[str, Any], emit: Emit) -> dict[str, int]:
        """``{period_ms, count}``: emits the next ``count`` reports; simulates where they are new.

        Raises:
            RanwrightError: ``subscription.malformed``, or as :meth:`reports`.
        """
        wanted = Subscription.of(params)
        for report in islice(self.reports(wanted.period_ms, threading.Event()), wanted.count):
            emit(report.model_dump(mode="json"))
        return {"reports": wanted.count}

    def reports(self, period_ms: int, stop: threading.Event) -> Iterator[KpmReport]:
        """The reports from now on, simulated where they are new, until ``stop``.

        Raises:
            RanwrightError: ``subscription.period_not_served``, ``subscription.too_slow``, or as
                :meth:`Ns3Plant.observe`.
        """
        if period_ms != REPORT_PERIOD_MS:
            raise RanwrightError(
                "subscription.period_not_served",
                f"This plant reports every {REPORT_PERIOD_MS} ms, not {period_ms} ms.",
                f"Subscribe with {REPORT_PERIOD_MS} ms.",
            )
        configure_thread()
        at_ms = self._info.kpm_time_ms
        while not stop.is_set():
            report = self._report_after(at_ms)
            at_ms = report.kpm_time_ms
            yield report

    def apply(self, request: ControlRequest) -> ControlAck:
        """Carry out a control whose sender is known; waits for a report that is being simulated.

        Raises:
            RanwrightError: as :meth:`twins.plant.service.PlantService.apply`.
        """
        with self._lock:
            plant = self._plant
            plant.configure(
                accepted_powers(request, self._node_name, plant.resource_version, plant.scenario)
            )
            self._info = self._describe()
            info = self._info
        _log.info("plant.configured", request_id=request.request_id, version=info.resource_version)
        return ControlAck(
            request_id=request.request_id,
            resource_version=info.resource_version,
            kpm_time_ms=info.kpm_time_ms,
        )

    def _report_after(self, kpm_time_ms: int) -> KpmReport:
        with self._lock:
            if self._plant.kpm_time_ms <= kpm_time_ms:
                self._simulate()
            behind = (self._plant.kpm_time_ms - kpm_time_ms) // REPORT_PERIOD_MS
            if behind > len(self._reports):
                raise RanwrightError(
                    "subscription.too_slow",
                    f"The report after {kpm_time_ms} ms is no longer kept.",
                    "Subscribe again.",
                )
            return self._reports[-behind]

    def _simulate(self) -> None:
        started_s = time.monotonic()
        self._reports += self._plant.observe(1)
        self._pace_factor = REPORT_PERIOD_MS / 1000.0 / (time.monotonic() - started_s)
        self._info = self._describe()

    def _describe(self) -> NodeInfo:
        plant = self._plant
        return NodeInfo(
            node_name=self._node_name,
            scenario=plant.scenario.name,
            scenario_digest=plant.scenario.digest,
            kpm_time_ms=plant.kpm_time_ms,
            pace_factor=self._pace_factor,
            resource_version=plant.resource_version,
            cells=plant.cells,
        )
