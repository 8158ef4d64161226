"""The gNB in real time behind an E2 node: a clock, the reports of subscribers, and controls."""

import secrets
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import structlog

from contracts.e2.llc.beam_control import BeamOrder
from contracts.e2.llc.beam_sets import UeBeams
from contracts.errors import RanwrightError
from contracts.network import CellConfiguration, CellMeasurement, KpmReport, UeMeasurement
from contracts.plant_link import ControlAck, ControlRequest, HandoverRequest, NodeInfo
from contracts.site import Site
from twins.beam_gnb.gnb import BeamGnb, FrameOutcome
from twins.dynamics.link import FRAME_MS
from twins.dynamics.stage import Stage
from twins.plant.control import require_node
from twins.plant.plant import Configuration
from twins.plant.state import PlantState, PlantTime, load_state, save_state
from twins.runtime import configure_thread

_FRAMES_KEPT = 1000
_LOOK_PERIOD_S = 0.2
"""Between two looks at a subscription's end."""
_log = structlog.get_logger(__name__)


class BeamNetworkService:
    """A network whose UEs move and whose beams can be ordered; powers stay as they are.

    KPM time begins anew with each start, since ways are walked from their beginning.

    Args:
        site: its state is kept in the site's ``plant_state``, so that the gNB keeps its name.
        stage: what moves where.
        pace_factor: KPM seconds per wall second.
    """

    def __init__(self, site: Site, stage: Stage, pace_factor: float) -> None:
        configure_thread()
        self.gnb = BeamGnb(stage)
        self._stage = stage
        scenario = stage.scenario
        powers = tuple(s.configured_max_tx_power_mw for s in scenario.sectors)
        kept = load_state(site.plant_state, scenario.digest, stage.seed)
        self._state = PlantState(
            scenario_digest=scenario.digest,
            seed=stage.seed,
            life=secrets.token_hex(4) if kept is None else kept.life,
            anchor_wall_ms=time.time_ns() // 1_000_000,
            anchor_kpm_ms=0,
            pace_factor=pace_factor,
            configurations=(
                Configuration(resource_version=0, since_ms=0, tx_power_mw=powers, serving=()),
            ),
        )
        save_state(site.plant_state, self._state)
        self._node_name = f"gnb-{scenario.name}-{self._state.life}"
        self._changed = threading.Condition()
        self._frames: deque[FrameOutcome] = deque(maxlen=_FRAMES_KEPT)
        self._version = 0
        self._stop = threading.Event()
        self._time = PlantTime(self._state)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let no more frames pass."""
        self._stop.set()
        self._thread.join()

    def info(self) -> NodeInfo:
        """Identity and configuration."""
        with self._changed:
            version = self._version
        return NodeInfo(
            node_name=self._node_name,
            scenario=self._stage.scenario.name,
            scenario_digest=self._stage.scenario.digest,
            kpm_time_ms=self._time.now_ms(),
            pace_factor=self._state.pace_factor,
            resource_version=version,
            cells=tuple(
                CellConfiguration(
                    cell_id=cell,
                    configured_max_tx_power_mw=sector.configured_max_tx_power_mw,
                    digital_tilt_decidegrees=sector.digital_tilt_decidegrees,
                )
                for cell, sector in zip(
                    self.gnb.cell_ids, self._stage.scenario.sectors, strict=True
                )
            ),
        )

    def beam_reports(self, stop: threading.Event) -> Iterator[tuple[int, tuple[UeBeams, ...]]]:
        """What UEs report from now on: KPM time in ms and reports, until ``stop`` is set."""
        for frame in self._from_now_on(stop):
            if frame.reports:
                yield _end_ms(frame), frame.reports

    def reports(self, period_ms: int, stop: threading.Event) -> Iterator[KpmReport]:
        """Means over all frames of each whole period, until ``stop`` is set."""
        if period_ms % FRAME_MS:
            raise RanwrightError(
                "subscription.malformed",
                f"{period_ms} ms are no whole frames.",
                f"Ask for a multiple of {FRAME_MS:g} ms.",
            )
        frames: list[FrameOutcome] = []
        for frame in self._from_now_on(stop):
            if frames or (_end_ms(frame) - FRAME_MS) % period_ms == 0:
                frames.append(frame)
            if len(frames) * FRAME_MS == period_ms:
                yield self._kpm(frames)
                frames = []

    def order_beams(self, orders: Sequence[BeamOrder]) -> list[bool]:
        """See :meth:`BeamGnb.order`."""
        with self._changed:
            return self.gnb.order(orders)

    def apply(self, request: ControlRequest) -> ControlAck:
        """Refuse: powers of this network are fixed."""
        require_node(request.node_name, self._node_name)
        raise RanwrightError(
            "control.out_of_range",
            "This network's powers are fixed.",
            "Control beams and handovers.",
        )

    def hand_over(self, request: HandoverRequest) -> ControlAck:
        """See :meth:`BeamGnb.hand_over`.

        Raises:
            RanwrightError: ``control.wrong_node``, or as there; nothing changed.
        """
        require_node(request.node_name, self._node_name)
        with self._changed:
            self.gnb.hand_over(request.ue_id, request.target_cell)
            self._version += 1
            version = self._version
        return ControlAck(
            request_id=request.request_id,
            resource_version=version,
            kpm_time_ms=self._time.now_ms(),
        )

    def _run(self) -> None:
        configure_thread()
        for number in range(1, 1 << 62):
            if self._time.stopped_before(round(number * FRAME_MS), self._stop):
                return
            with self._changed:
                self._frames.append(self.gnb.frame())
                self._changed.notify_all()

    def _from_now_on(self, stop: threading.Event) -> Iterator[FrameOutcome]:
        with self._changed:
            wanted = self._frames[-1].number + 1 if self._frames else 0
        while not stop.is_set():
            with self._changed:
                self._changed.wait_for(partial(self._is_there, wanted), _LOOK_PERIOD_S)
                new = [f for f in reversed(self._frames) if f.number >= wanted][::-1]
            for frame in new:
                wanted = frame.number + 1
                yield frame

    def _is_there(self, number: int) -> bool:
        return bool(self._frames) and self._frames[-1].number >= number

    def _kpm(self, frames: Sequence[FrameOutcome]) -> KpmReport:
        last, count = frames[-1], len(frames)
        rates = np.mean([self._rates_mbps(f) for f in frames], axis=0)
        sinr_db = np.mean([f.sinr_db for f in frames], axis=0)
        rsrp_dbm = np.mean([f.rsrp_dbm for f in frames], axis=0)
        period_ms = round(count * FRAME_MS)
        cells = []
        for index, cell in enumerate(self.gnb.cell_ids):
            there = last.connected & (last.serving == index)
            cells.append(
                CellMeasurement(
                    cell_id=cell,
                    ue_throughput_mbps=float(rates[there].mean()) if there.any() else 0.0,
                    prb_usage_percent=100.0 if there.any() else 0.0,
                    connected_ues=float(there.sum()),
                    average_power_w=self._stage.scenario.sectors[index].configured_max_tx_power_mw
                    / 1000.0,
                )
            )
        ues = tuple(
            UeMeasurement(
                ue_id=ue,
                serving_cell=self.gnb.cell_ids[int(last.serving[ue])],
                dl_volume_mbit=float(rates[ue]) * period_ms / 1000.0,
                dl_active_time_ms=float(period_ms),
                sinr_db=float(sinr_db[ue]),
                rsrp_dbm={
                    cell: float(round(rsrp_dbm[ue, index]))
                    for index, cell in enumerate(self.gnb.cell_ids)
                    if rsrp_dbm[ue, index] >= self._stage.scenario.ue_min_rsrp_dbm
                    or index == int(last.serving[ue])
                },
            )
            for ue in np.flatnonzero(last.connected).tolist()
        )
        return KpmReport(
            kpm_time_ms=_end_ms(last),
            period_ms=period_ms,
            resource_version=self._version,
            cells=tuple(cells),
            ues=ues,
        )

    def _rates_mbps(self, frame: FrameOutcome) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Attenuated Shannon bound, equal shares of a cell among its UEs, always data to send."""
        scenario = self._stage.scenario
        carrier, radio = scenario.carrier, scenario.radio
        users = np.bincount(frame.serving, frame.connected, len(self.gnb.cell_ids))
        gap = 10.0 ** (-radio.implementation_loss_db / 10.0)
        bits = np.log2(1.0 + gap * 10.0 ** (frame.sinr_db / 10.0))
        bits = np.minimum(bits, radio.max_spectral_efficiency) * frame.connected
        width_mhz = carrier.resource_blocks * 12 * carrier.subcarrier_spacing_khz / 1e3
        share = (1.0 - carrier.overhead_share) / np.maximum(users[frame.serving], 1.0)
        rates: np.ndarray[tuple[int], np.dtype[np.float64]] = bits * width_mhz * share
        return rates


def _end_ms(frame: FrameOutcome) -> int:
    return round((frame.number + 1) * FRAME_MS)
