"""The actuator's side of E2: read back, subscribe, and signed control of the site's one plant."""

from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import islice

from contracts.action import ParameterChange
from contracts.clock import Clock
from contracts.e2.identity import ran_name
from contracts.e2.node_configuration import gnb_of
from contracts.errors import RanwrightError
from contracts.keys import load_signer
from contracts.network import REPORT_PERIOD_MS, KpmReport
from contracts.plant_link import ControlAck, NodeInfo
from contracts.site import Site
from xapps.sdk.e2 import E2
from xapps.sdk.gnb import Gnb
from xapps.sdk.kpm_rows import RowReport
from xapps.sdk.nodes import NodeDirectory

ANSWER_TIMEOUT_S = 5.0
"""Wall time within which the plant answers a query or a control."""


class Plant:
    """Talks to the plant by way of the RIC; a node that comes back is simply found again.

    Methods raise :class:`RanwrightError`: ``plant.not_connected``, ``plant.ambiguous``, what
    :mod:`xapps.sdk` raises, or the plant's own cause (``control.*``).

    Args:
        site: whose actuator signs the controls.
        clock: hears of KPM time.
        e2: E2 of this xApp.
        directory: of E2 nodes.
    """

    def __init__(self, site: Site, clock: Clock, e2: E2, directory: NodeDirectory) -> None:
        self._site = site
        self._clock = clock
        self._e2 = e2
        self._directory = directory
        self._node_name: str | None = None

    def read_back(self) -> NodeInfo:
        """Identity and present configuration."""
        info = self._gnb(self._only_node()).read_back(ANSWER_TIMEOUT_S)
        if info.node_name == self._node_name:
            self._clock.observe(info.kpm_time_ms)
        else:  # a node that began anew may be earlier than the one before
            self._clock.begin(info.kpm_time_ms)
            self._node_name = info.node_name
        return info

    def control(
        self, node: NodeInfo, request_id: str, changes: Sequence[ParameterChange]
    ) -> ControlAck:
        """Set values if the configuration is still the one in ``node``.

        An error of another code than ``control.*`` leaves open whether the plant acted.
        """
        signer = load_signer(self._site, "actuator")
        gnb = self.node(node.node_name)
        ack = gnb.set_powers(node, request_id, changes, signer, ANSWER_TIMEOUT_S)
        self._clock.observe(ack.kpm_time_ms)
        return ack

    def subscribe(
        self,
        node: NodeInfo,
        period_ms: int,
        count: int,
        silence_timeout_s: float,
        on_report: Callable[[KpmReport], None],
    ) -> None:
        """Receive the next ``count`` reports of a node; silence for longer than the timeout raises.

        Args:
            node: as it was read back: its cells are reported on.
            period_ms: of a report, KPM time.
            count: of reports.
            silence_timeout_s: wall time, for the subscription and for each report.
            on_report: called with each.
        """
        gnb = self.node(node.node_name)
        timeout_s = min(silence_timeout_s, ANSWER_TIMEOUT_S)
        with closing(gnb.reports(node, period_ms, silence_timeout_s, timeout_s)) as reports:
            for report in islice(reports, count):
                self._clock.observe(report.kpm_time_ms)
                on_report(report)

    def watch(
        self,
        node: NodeInfo,
        silence_timeout_s: float,
        on_report: Callable[[RowReport], None],
    ) -> None:
        """Receive reports of a node, of rows, until ``on_report`` raises; else as
        :meth:`subscribe`.
        """
        gnb = self.node(node.node_name)
        timeout_s = min(silence_timeout_s, ANSWER_TIMEOUT_S)
        with closing(gnb.rows(node, REPORT_PERIOD_MS, silence_timeout_s, timeout_s)) as reports:
            for report in reports:
                self._clock.observe(report.kpm_time_ms)
                on_report(report)

    def node(self, node_name: str) -> Gnb:
        """A node by the name of its life."""
        return self._gnb(ran_name(gnb_of(node_name)))

    def _gnb(self, name: str) -> Gnb:
        return Gnb(self._e2, name, self._directory.functions(name))

    def _only_node(self) -> str:
        match self._directory.connected():
            case [name]:
                return name
            case []:
                raise RanwrightError(
                    "plant.not_connected",
                    "No E2 node is connected.",
                    "Start the plant (ranwright up); it sets E2 up by itself.",
                )
            case names:
                raise RanwrightError(
                    "plant.ambiguous",
                    f"Several E2 nodes are connected: {', '.join(names)}.",
                    "Leave the site's own plant alone on its RIC.",
                )
