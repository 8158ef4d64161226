"""Follows all nodes, and publishes what they report."""

import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

import structlog
from prometheus_client import Counter, Gauge

from contracts.errors import RanwrightError
from contracts.network import KpmReport
from xapps.sdk.e2 import E2
from xapps.sdk.gnb import Gnb
from xapps.sdk.nodes import NodeDirectory

NAMESPACE = "kpimon"
"""Of the SDL: the latest report of each node, JSON, by RAN name."""

LOOK_PERIOD_S = 1.0
READ_BACK_TIMEOUT_S = 10.0

_CELL = ("ran_name", "cell")
_THROUGHPUT = Gauge("cell_ue_throughput_mbps", "DRB.UEThpDl, mean over served UEs", _CELL)
_PRB_USAGE = Gauge("cell_prb_usage_percent", "RRU.PrbTotDl", _CELL)
_CONNECTED = Gauge("cell_connected_ues", "RRC.ConnMean", _CELL)
_POWER = Gauge("cell_average_power_watts", "PEE.AvgPower", _CELL)
_KPM_TIME = Gauge("node_kpm_time_seconds", "KPM time of the latest report", ("ran_name",))
_REPORTS = Counter("node_reports", "KPM reports that were complete", ("ran_name",))
_log = structlog.get_logger(__name__)


class Monitor:
    """Subscribes to every node that connects, and again when it returns.

    Args:
        e2: E2 of this xApp.
        directory: of nodes.
        share: keeps a value in the SDL by namespace and key.
        controls: ``period_ms`` and ``silence_timeout_s``, as they are now.
    """

    def __init__(
        self,
        e2: E2,
        directory: NodeDirectory,
        share: Callable[[str, str, Any], None],
        controls: Callable[[], Mapping[str, Any]],
    ) -> None:
        self._e2 = e2
        self._directory = directory
        self._share = share
        self._controls = controls
        self._followed: dict[str, threading.Thread] = {}

    def is_ready(self) -> bool:
        """Whether every connected node is followed."""
        return all(thread.is_alive() for thread in self._followed.values())

    def run(self, stop: threading.Event) -> None:
        """Look for nodes until ``stop`` is set."""
        while not stop.wait(LOOK_PERIOD_S):
            try:
                connected = self._directory.connected()
            except RanwrightError as error:
                _log.warning("kpimon.no_directory", reason=error.message)
                continue
            for ran_name in connected:
                self._follow(ran_name)

    def _follow(self, ran_name: str) -> None:
        known = self._followed.get(ran_name)
        if known is None or not known.is_alive():
            thread = threading.Thread(target=self._report, args=(ran_name,), daemon=True)
            self._followed[ran_name] = thread
            thread.start()

    def _report(self, ran_name: str) -> None:
        """Publish reports until the node falls silent or the period is changed."""
        controls = dict(self._controls())
        try:
            gnb = Gnb(self._e2, ran_name, self._directory.functions(ran_name))
            node = gnb.read_back(READ_BACK_TIMEOUT_S)
            reports = gnb.reports(node, controls["period_ms"], controls["silence_timeout_s"])
            with closing(reports):
                for report in reports:
                    self._publish(ran_name, report)
                    if dict(self._controls()) != controls:
                        return
        except RanwrightError as error:
            _log.warning("kpimon.lost", ran_name=ran_name, code=error.code, reason=error.message)

    def _publish(self, ran_name: str, report: KpmReport) -> None:
        for cell in report.cells:
            labels = (ran_name, str(cell.cell_id))
            _THROUGHPUT.labels(*labels).set(cell.ue_throughput_mbps)
            _PRB_USAGE.labels(*labels).set(cell.prb_usage_percent)
            _CONNECTED.labels(*labels).set(cell.connected_ues)
            _POWER.labels(*labels).set(cell.average_power_w)
        _KPM_TIME.labels(ran_name).set(report.kpm_time_ms / 1000.0)
        _REPORTS.labels(ran_name).inc()
        self._share(NAMESPACE, ran_name, report.model_dump(mode="json"))
