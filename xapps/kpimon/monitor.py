"""Publishes what nodes report."""

from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

from prometheus_client import Counter, Gauge

from contracts.network import KpmReport
from xapps.sdk.gnb import Gnb

NAMESPACE = "kpimon"
"""Of the SDL: the latest report of each node, JSON, by RAN name."""

READ_BACK_TIMEOUT_S = 10.0

_CELL = ("ran_name", "cell")
_THROUGHPUT = Gauge("cell_ue_throughput_mbps", "DRB.UEThpDl, mean over served UEs", _CELL)
_PRB_USAGE = Gauge("cell_prb_usage_percent", "RRU.PrbTotDl", _CELL)
_CONNECTED = Gauge("cell_connected_ues", "RRC.ConnMean", _CELL)
_POWER = Gauge("cell_average_power_watts", "PEE.AvgPower", _CELL)
_KPM_TIME = Gauge("node_kpm_time_seconds", "KPM time of the latest report", ("ran_name",))
_REPORTS = Counter("node_reports", "KPM reports that were complete", ("ran_name",))


class Monitor:
    """Subscribes to a node, and publishes its reports.

    Args:
        gnb: gives a node by its RAN name.
        share: keeps a value in the SDL by namespace and key.
        controls: ``period_ms`` and ``silence_timeout_s``, as they are now.
    """

    def __init__(
        self,
        gnb: Callable[[str], Gnb],
        share: Callable[[str, str, Any], None],
        controls: Callable[[], Mapping[str, Any]],
    ) -> None:
        self._gnb = gnb
        self._share = share
        self._controls = controls

    def follow(self, ran_name: str) -> None:
        """Publish a node's reports until the controls change.

        Raises:
            RanwrightError: the node is lost, or silent for too long.
        """
        controls = dict(self._controls())
        gnb = self._gnb(ran_name)
        node = gnb.read_back(READ_BACK_TIMEOUT_S)
        reports = gnb.reports(node, controls["period_ms"], controls["silence_timeout_s"])
        with closing(reports):
            for report in reports:
                self._publish(ran_name, report)
                if dict(self._controls()) != controls:
                    return

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
