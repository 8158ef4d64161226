"""An E2 node at the wire: a network drawn at random, and when what left and what arrived.

    python -m benchmarks.near_rt.node --site DIR --e2 ADDRESS --cells C --ues U --output FILE

The node is the twin's own (:mod:`twins.e2node`); only the network behind it is made up, so that its
time does not count. UEs of half the cells are nearly idle, in turn, so that there is always a
reason to move. Whoever subscribes to a period is told the same of it. Times are of the monotonic
clock: of each report's last indication before its octets are handed to the system, and of each
control as soon as it has been received.
"""

import argparse
import json
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import numpy as np
from numpy.typing import NDArray

from contracts.canonical import digest_bytes
from contracts.e2.ap import (
    E2apMessage,
    Procedure,
    RicIndication,
    RicRequestId,
    RicSubscriptionRequest,
    decode_pdu,
    peek,
)
from contracts.e2.node_configuration import gnb_of
from contracts.e2.transport import E2Address, E2Connection
from contracts.network import CellConfiguration, CellMeasurement, KpmReport, UeMeasurement
from contracts.plant_link import ControlAck, ControlRequest, NodeInfo
from contracts.process import collect_rarely, configure_logging
from contracts.site import Site
from twins.e2node.attach import CCC_NUMBER, KPM_NUMBER
from twins.e2node.configuration import Configuration
from twins.e2node.measurement import Measurement
from twins.e2node.node import E2Node
from twins.e2node.senders import the_actuator
from twins.e2node.subscriptions import Subscriptions
from xapps.power_control.readings import UES_ACTION, actions

MAX_MW, STEP_DB, STEPS = 40_000, 0.5, 30
GRID_MW = tuple(sorted(round(MAX_MW * 10.0 ** (-k * STEP_DB / 10.0)) for k in range(STEPS + 1)))
START_MW = GRID_MW[-7]
NAME = "gnb-near-rt-"
_REPORTED_CELLS = 8
_DETECTION_DB = 30.0
_FLIP_MS = 2_000
_IDLE_SHARE = 0.05
_BANDWIDTH_MHZ = 100.0
_TURN_S = 0.0005
"""Of a thread that computes: a control is not noted late because a report is made beside it."""
_NOISE_DBM = -120.2


class DrawnNetwork:
    """Cells and UEs thrown on a plane; a network as :mod:`twins.e2node.network` has it.

    Args:
        cells: how many.
        ues: how many.
        seed: of the draw.
    """

    def __init__(self, cells: int, ues: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        side_m = 500.0 * cells**0.5
        masts, places = rng.uniform(0, side_m, (cells, 2)), rng.uniform(0, side_m, (ues, 2))
        distance_m = np.hypot(*(places[:, None] - masts[None]).transpose(2, 0, 1)).clip(35.0)
        loss_db = 28.0 + 22.0 * np.log10(distance_m) + 20.0 * np.log10(3.5)
        gain_db = 17.0 - loss_db - 10.0 - np.abs(rng.normal(0, 7, loss_db.shape))
        self._rsrp_over_power_db = gain_db - 10.0 * np.log10(12 * 273)
        self._noise_mw = 10.0 ** (_NOISE_DBM / 10.0)
        self._measured: KpmReport | None = None
        self._measuring = threading.Lock()
        self._rng = rng
        self._began_s = time.monotonic()
        self._lock = threading.Lock()
        self._version = 0
        self._power_mw = np.full(cells, START_MW)
        self._name = f"{NAME}{seed + 1:06x}00"

    def info(self) -> NodeInfo:
        """Identity and present configuration."""
        with self._lock:
            version, powers = self._version, self._power_mw.tolist()
        return NodeInfo(
            node_name=self._name,
            scenario="drawn",
            scenario_digest=digest_bytes(b"drawn"),
            kpm_time_ms=self._now_ms(),
            pace_factor=1.0,
            resource_version=version,
            cells=tuple(
                CellConfiguration(
                    cell_id=n, configured_max_tx_power_mw=p, digital_tilt_decidegrees=60
                )
                for n, p in enumerate(powers, start=1)
            ),
        )

    def reports(self, period_ms: int, stop: threading.Event) -> Iterator[KpmReport]:
        """Reports of whole periods, each when it has ended."""
        at_ms = -(-self._now_ms() // period_ms) * period_ms
        while True:
            at_ms += period_ms
            while (missing_ms := at_ms - self._now_ms()) > 0:
                if stop.wait(missing_ms / 1000.0):
                    return
            if stop.is_set():
                return
            yield self._report(at_ms, period_ms)
            at_ms = max(at_ms, (self._now_ms() // period_ms) * period_ms)

    def apply(self, request: ControlRequest) -> ControlAck:
        """Set powers; who asked was checked."""
        with self._lock:
            powers = self._power_mw.copy()
            for change in request.changes:
                powers[change.cell_id - 1] = change.to_mw
            self._power_mw, self._version = powers, self._version + 1
            version = self._version
        return ControlAck(
            request_id=request.request_id, resource_version=version, kpm_time_ms=self._now_ms()
        )

    def _now_ms(self) -> int:
        return int(1000.0 * (time.monotonic() - self._began_s))

    def _report(self, at_ms: int, period_ms: int) -> KpmReport:
        with self._measuring:
            known = self._measured
            if known is None or (known.kpm_time_ms, known.period_ms) != (at_ms, period_ms):
                known = self._measured = self._measure(at_ms, period_ms)
        return known

    def _measure(self, at_ms: int, period_ms: int) -> KpmReport:
        with self._lock:
            version, powers = self._version, self._power_mw
        true_dbm = self._rsrp_over_power_db + 10.0 * np.log10(powers)
        serving = true_dbm.argmax(1)
        received_mw = 10.0 ** (true_dbm / 10.0)
        own_mw = received_mw.max(1)
        sinr = own_mw / (received_mw.sum(1) - own_mw + self._noise_mw)
        rate_mbps = _BANDWIDTH_MHZ * np.log2(1.0 + sinr)
        nearly_idle = (serving + at_ms // _FLIP_MS) % 2 == 0
        active_ms = np.where(nearly_idle, _IDLE_SHARE * period_ms, period_ms)
        volume_mbit = rate_mbps * active_ms / 1000.0
        sinr_db = (np.round(20.0 * np.log10(sinr)) / 2.0).clip(-23.0, 40.0)
        ues = zip(
            serving.tolist(),
            volume_mbit.tolist(),
            active_ms.tolist(),
            sinr_db.tolist(),
            self._heard(true_dbm, serving),
            strict=True,
        )
        return KpmReport.model_construct(
            kpm_time_ms=at_ms,
            period_ms=period_ms,
            resource_version=version,
            cells=_cells(len(powers), serving, rate_mbps),
            ues=tuple(
                UeMeasurement.model_construct(
                    ue_id=number,
                    serving_cell=cell + 1,
                    dl_volume_mbit=volume,
                    dl_active_time_ms=active,
                    sinr_db=ratio_db,
                    rsrp_dbm=heard,
                )
                for number, (cell, volume, active, ratio_db, heard) in enumerate(ues)
            ),
        )

    def _heard(
        self, true_dbm: NDArray[np.float64], serving: NDArray[np.intp]
    ) -> Iterator[dict[int, float]]:
        """RSRP of the cells that each UE detects, with its errors."""
        read_dbm = np.round(true_dbm + self._rng.normal(0, 1.0, true_dbm.shape)).clip(-156, -31)
        order = np.argsort(-read_dbm, 1)[:, :_REPORTED_CELLS]
        for row, cells, own in zip(
            read_dbm.tolist(), order.tolist(), serving.tolist(), strict=True
        ):
            least = row[cells[0]] - _DETECTION_DB
            heard = {c + 1: row[c] for c in cells if row[c] >= least}
            heard[own + 1] = row[own]
            yield heard


def _cells(
    count: int, serving: NDArray[np.intp], rate_mbps: NDArray[np.float64]
) -> tuple[CellMeasurement, ...]:
    """What the cells report: throughput is the mean over the UEs that they serve."""
    served = np.bincount(serving, minlength=count)
    total_mbps = np.bincount(serving, rate_mbps, count)
    mean_mbps = np.divide(total_mbps, served, out=np.zeros(count), where=served > 0)
    return tuple(
        CellMeasurement.model_construct(
            cell_id=number,
            ue_throughput_mbps=mean,
            prb_usage_percent=50.0,
            connected_ues=float(ues),
            average_power_w=200.0,
        )
        for number, (mean, ues) in enumerate(
            zip(mean_mbps.tolist(), served.tolist(), strict=True), start=1
        )
    )


class TimedNode(E2Node):
    """A node that notes when the xApp's reports leave and controls arrive.

    The actuator has reports, too; whose they are is known by what was subscribed to.
    """

    def __init__(
        self, network: DrawnNetwork, site: Site, address: E2Address, period_ms: int
    ) -> None:
        node = network.info()
        ids = [c.cell_id for c in node.cells]
        self._asked = set(actions(gnb_of(node.node_name), ids, period_ms).values())
        self._of_xapp: set[RicRequestId] = set()
        functions = (
            Measurement(network, KPM_NUMBER),
            Configuration(network, the_actuator(site), CCC_NUMBER),
        )
        super().__init__(network, functions, address)
        self.sent_ns: list[int] = []
        self.control_ns: list[int] = []
        self.report_octets = 0

    def _send(self, connection: E2Connection, message: E2apMessage) -> None:
        if not isinstance(message, RicIndication) or message.action_id != UES_ACTION:
            super()._send(connection, message)
            return
        timed = _TimedConnection(connection)
        super()._send(timed, message)
        if message.request_id in self._of_xapp:
            self.sent_ns.append(timed.at_ns)
            self.report_octets = timed.octets

    def _answer(
        self, octets: bytes, connection: E2Connection, subscriptions: Subscriptions
    ) -> bool:
        now_ns = time.monotonic_ns()
        procedure = peek(octets).procedure
        if procedure == Procedure.RIC_CONTROL:
            self.control_ns.append(now_ns)
        elif procedure == Procedure.RIC_SUBSCRIPTION:
            asked = decode_pdu(octets).message
            if isinstance(asked, RicSubscriptionRequest) and self._is_xapps(asked):
                self._of_xapp.add(asked.request_id)
        return super()._answer(octets, connection, subscriptions)

    def _is_xapps(self, request: RicSubscriptionRequest) -> bool:
        return {a.definition for a in request.details.actions} == self._asked


class _TimedConnection(E2Connection):
    """Notes when a PDU that is encoded is handed to the system."""

    def __init__(self, inner: E2Connection) -> None:
        self._inner = inner
        self.at_ns = self.octets = 0

    def send(self, pdu: bytes) -> None:
        self.at_ns, self.octets = time.monotonic_ns(), len(pdu)
        self._inner.send(pdu)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", type=Path, required=True)
    parser.add_argument("--e2", type=E2Address.parse, required=True)
    parser.add_argument("--cells", type=int, required=True)
    parser.add_argument("--ues", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--period-ms", type=int, default=200)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    configure_logging()
    sys.setswitchinterval(_TURN_S)
    network = DrawnNetwork(arguments.cells, arguments.ues, arguments.seed)
    site = Site(arguments.site)
    node = TimedNode(network, site, arguments.e2, arguments.period_ms)

    def end(_number: int, _frame: FrameType | None) -> None:
        node.close()

    signal.signal(signal.SIGTERM, end)
    collect_rarely()
    node.run()
    stamps = {
        "sent_ns": node.sent_ns,
        "control_ns": node.control_ns,
        "report_octets": node.report_octets,
    }
    arguments.output.write_text(json.dumps(stamps), encoding="utf-8")


if __name__ == "__main__":
    main()
