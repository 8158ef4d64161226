"""The loop over radio frames: measure, hand over, sleep, serve."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twins.dynamics.beam_radio import BeamRadio
from twins.dynamics.beam_sweep import ssb_overhead
from twins.dynamics.flow_level import FlowLevel
from twins.dynamics.handover import Handover, MobilityEvent
from twins.dynamics.link import FRAME_MS, Air, LinkLevel, LinkSetup, Served
from twins.dynamics.measurements import Measurements
from twins.dynamics.profile import BeamManagement
from twins.dynamics.radio import Radio, Received, SectorRadio
from twins.dynamics.randomness import CorrelatedNormals, Flags, Floats, Ints, stream
from twins.dynamics.settings import Settings, start_settings
from twins.dynamics.stage import Stage
from twins.dynamics.traffic import Queues
from twins.flow import COHERENCE_BANDWIDTH_HZ

_SSB_SUBCARRIERS = 240
_ASLEEP_DBM = -250.0
_LEAST_SINR = 1e-9

Progress = Callable[[int, int], None]
"""Called with frames done and frames in all."""


@dataclass(frozen=True)
class Record:
    """What happened, frame by frame.

    Attributes:
        stage: who moved, and what arrived.
        settings: what the knobs stood at.
        queues: what was delivered.
        events: handovers and failures.
        serving: ``[T, U]``.
        connected: ``[T, U]``.
        sinr_db: ``[T, U]``.
        blocks: ``[T, U]`` transport blocks sent for the first time.
        failed: ``[T, U]`` of them, with errors.
        prb_share: ``[T, C]``.
        busy_share: ``[T, C]``.
        awake: ``[T, C]``.
    """

    stage: Stage
    settings: Settings
    queues: Queues
    events: list[MobilityEvent]
    serving: Ints
    connected: Flags
    sinr_db: Floats
    blocks: Ints
    failed: Ints
    prb_share: Floats
    busy_share: Floats
    awake: Flags


def simulate(
    stage: Stage,
    settings: Settings,
    slot_level: bool = False,
    on_progress: Progress | None = None,
) -> Record:
    """Run a stage under settings.

    Args:
        stage: drawn by :func:`twins.dynamics.stage.set_stage`; runs leave it as it is.
        settings: the knobs.
        slot_level: serve slot by slot with link adaptation instead of at flow level.
        on_progress: called after each frame.

    Raises:
        RanwrightError: ``dynamics.slice_ratios``.
    """
    run = _Run(stage, settings, slot_level)
    for frame in range(stage.frames):
        run.frame(frame)
        if on_progress is not None:
            on_progress(frame + 1, stage.frames)
    return run.record


class _Run:
    """The parts of one run, and their order within a frame."""

    def __init__(self, stage: Stage, settings: Settings, slot_level: bool) -> None:
        self._settings = settings
        self._radio = _radio(stage, settings)
        setup = link_setup(stage, settings)
        self._level = make_level(setup, stage.seed, slot_level)
        self._ticks = round(FRAME_MS / self._level.tick_ms)
        ues, cells = stage.ues, setup.cells
        queues = Queues(stage.arrivals, self._level.tick_ms, self._ticks * stage.frames)
        self._measurements = measurements(stage, settings, setup)
        everywhere = np.zeros(ues, dtype=np.int64)
        first = self._radio.frame(0, everywhere, np.ones(ues, dtype=bool))
        nearest = first.rsrp_dbm.argmax(1)
        self._handover = Handover(settings.handover(), nearest, FRAME_MS)
        shape_u, shape_c = (stage.frames, ues), (stage.frames, cells)
        self.record = Record(
            stage=stage,
            settings=settings,
            queues=queues,
            events=self._handover.events,
            serving=np.zeros(shape_u, dtype=np.int64),
            connected=np.zeros(shape_u, dtype=bool),
            sinr_db=np.zeros(shape_u),
            blocks=np.zeros(shape_u, dtype=np.int64),
            failed=np.zeros(shape_u, dtype=np.int64),
            prb_share=np.zeros(shape_c),
            busy_share=np.zeros(shape_c),
            awake=np.zeros(shape_c, dtype=bool),
        )

    def frame(self, frame: int) -> None:
        """Measure, hand over, serve, note."""
        handover, now_ms = self._handover, frame * FRAME_MS
        received = self._radio.frame(frame, handover.serving, handover.connected)
        awake = self._awake()
        rsrp_dbm = np.where(awake, received.rsrp_dbm, _ASLEEP_DBM)
        self._measurements.step(now_ms, rsrp_dbm, received.fading_m)
        handover.step(
            now_ms,
            self._measurements.filtered_dbm,
            _link_sinr_db(received, handover.serving, awake),
            self._settings.open,
            awake,
        )
        air = Air(received.snr, received.fading_m, handover.serving, handover.connected, awake)
        served = self._level.serve(air, self.record.queues, frame * self._ticks)
        self._note(frame, air, served)

    def _awake(self) -> Flags:
        """``[C]``: open cells, and closed ones that still have UEs to hand over."""
        handover, settings = self._handover, self._settings
        cells = settings.tx_power_mw.size
        users = np.bincount(handover.serving[handover.connected], minlength=cells)
        return (settings.open | (users > 0)) & ~settings.locked

    def _note(self, frame: int, air: Air, served: Served) -> None:
        record = self.record
        record.serving[frame] = air.serving
        record.connected[frame] = air.connected
        record.awake[frame] = air.awake
        record.sinr_db[frame] = served.sinr_db
        record.blocks[frame] = served.blocks
        record.failed[frame] = served.failed
        record.prb_share[frame] = served.prb_share
        record.busy_share[frame] = served.busy_share


def link_setup(stage: Stage, settings: Settings) -> LinkSetup:
    """The link level's share of a run.

    The scenario's overhead contains the SSBs as they are at the start.
    """
    carrier, start = stage.scenario.carrier, start_settings(stage.scenario, stage.profile)
    other = carrier.overhead_share - _ssb_share(stage, start)
    return LinkSetup(
        scenario=stage.scenario,
        cells=settings.tx_power_mw.size,
        policy=settings.slices(stage.slice_of),
        speed_m_s=stage.trajectories.speed_m_s,
        overhead_share=other + _ssb_share(stage, settings),
    )


def _ssb_share(stage: Stage, settings: Settings) -> float:
    carrier = stage.scenario.carrier
    return ssb_overhead(
        int(settings.ssb_positions.sum()),
        round(settings.ssb_period_ms),
        carrier.subcarrier_spacing_khz,
        carrier.resource_blocks,
    )


def _radio(stage: Stage, settings: Settings) -> Radio:
    antenna = stage.profile.antenna
    if isinstance(antenna, BeamManagement):
        return BeamRadio(stage, settings, antenna)
    return SectorRadio(stage, settings)


def make_level(setup: LinkSetup, seed: int, slot_level: bool) -> LinkLevel:
    """The flow level, or the slot level with its block error tables."""
    if not slot_level:
        return FlowLevel(setup, stream("fading", seed))
    from twins.dynamics.slot_level import SlotLevel  # Sionna SYS takes seconds to import

    return SlotLevel(setup, seed)


def measurements(stage: Stage, settings: Settings, setup: LinkSetup) -> Measurements:
    """What the UEs of a stage know of RSRP for handovers."""
    handover = settings.handover()
    carrier, measurement = stage.scenario.carrier, stage.scenario.measurement
    # powers decorrelate with the square of the amplitudes' correlation
    correlation = setup.correlation(handover.sample_ms)[:, None] ** 2
    width_hz = _SSB_SUBCARRIERS * carrier.subcarrier_spacing_khz * 1e3
    return Measurements(
        settings=handover,
        fades=CorrelatedNormals(
            correlation, (stage.ues, setup.cells), stream("measured fading", stage.seed)
        ),
        error_db=measurement.rsrp_error_db,
        ssb_bands=max(1.0, width_hz / COHERENCE_BANDWIDTH_HZ),
        random=stream("measurement error", stage.seed),
    )


def _link_sinr_db(received: Received, serving: Ints, awake: Flags) -> Floats:
    """``[U]`` mean SINR for radio link monitoring, all awake cells at full power."""
    each = np.arange(serving.size)
    power = received.snr * awake
    own = power[each, serving]
    sinr = own / (1.0 + power.sum(1) - own)
    db: Floats = 10.0 * np.log10(np.maximum(sinr, _LEAST_SINR))
    return db
