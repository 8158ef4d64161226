"""The gNB, frame by frame: sweeps of its own, orders of a RIC, failures, handovers.

What no RIC has ordered in the last :data:`HOLD_MS` goes on as the gNB does it by itself: SSBs every
20 ms (P-1), and in the period of the profile a sweep of the four CSI-RS in a UE's SSB (P-2).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from contracts.e2.llc.beam_control import BeamOrder
from contracts.e2.llc.beam_sets import SETS, UeBeams, beams_of
from contracts.errors import ExitCode, RanwrightError
from twins.beam_gnb.failure import BeamFailures
from twins.beam_gnb.field import BeamField
from twins.beam_gnb.tally import Tally
from twins.dynamics.beam_radio import beams_in_use
from twins.dynamics.handover import Handover, MobilityEvent
from twins.dynamics.link import FRAME_MS
from twins.dynamics.profile import BeamManagement, Profile
from twins.dynamics.randomness import Flags, Floats, Ints, stream
from twins.dynamics.settings import Settings, start_settings
from twins.dynamics.simulate import link_setup, measurements
from twins.dynamics.stage import Stage

HOLD_MS = 200.0
"""A UE without an order for so long is the gNB's own again."""
L1_REPORT_MS = 80
"""Period of the reports on SSBs, of the serving cell and of candidates."""
CANDIDATES = 3
"""Strongest other cells that a UE reports."""

_LEAST_SINR = 1e-20
_MEMBERS = np.array([beams_of(number) for number in range(SETS)])


@dataclass(frozen=True)
class FrameOutcome:
    """One frame.

    Attributes:
        number: from 0; it has ended.
        reports: what UEs reported in it.
        sinr_db: ``[U]`` served.
        rsrp_dbm: ``[U, C]`` of each cell's strongest SSB, without error.
        serving: ``[U]`` index of the cell.
        connected: ``[U]``.
        beam: ``[U]`` narrow beam.
    """

    number: int
    reports: tuple[UeBeams, ...]
    sinr_db: Floats
    rsrp_dbm: Floats
    serving: Ints
    connected: Flags
    beam: Ints


class BeamGnb:
    """A gNB of all cells of a stage.

    Args:
        stage: its profile's antenna is of the kind ``beams``.
        own_sweeps: False: a beam that was found when a UE came to a cell stays.

    Raises:
        RanwrightError: ``dynamics.no_paths`` or ``beams.no_profile``.
    """

    def __init__(self, stage: Stage, own_sweeps: bool = True) -> None:
        self.settings: Settings = start_settings(stage.scenario, stage.profile)
        self._antenna = beam_management(stage.profile)
        self._own_sweeps = own_sweeps
        self._field = BeamField(stage, self.settings)
        setup = link_setup(stage, self.settings)
        self._l3 = measurements(stage, self.settings, setup)
        self._random = stream("beam measurements", stage.seed)
        self.cell_ids = stage.scenario.cell_ids
        self.ues = stage.ues
        wide, _, _ = self._field.frame(0)
        nearest = (wide.max(-1) + self._field.per_element_dbm).argmax(1)
        self._handover = Handover(self.settings.handover(), nearest, FRAME_MS)
        self._failures = BeamFailures(self.ues)
        self.tally = Tally()
        self._number = 0
        self._ssb_beam: Ints = np.zeros(self.ues, dtype=np.int64)
        self._beam: Ints = np.zeros(self.ues, dtype=np.int64)
        self._next_beam: Ints = np.full(self.ues, -1)
        self._cell: Ints = np.full(self.ues, -1)
        self._ordered_until_ms = np.full(self.ues, -np.inf)
        self._asked: Flags = np.zeros((self.ues, SETS), dtype=bool)

    @property
    def now_ms(self) -> float:
        """Beginning of the frame that comes next."""
        return self._number * FRAME_MS

    @property
    def events(self) -> Sequence[MobilityEvent]:
        """Handovers and failed links until now."""
        return self._handover.events

    @property
    def ordered_ues(self) -> tuple[int, ...]:
        """UEs whose beams a RIC decides about just now."""
        return tuple(np.flatnonzero(~self._is_own()).tolist())

    def order(self, orders: Sequence[BeamOrder]) -> list[bool]:
        """Take orders for the next frame; false for each UE that is away just now.

        Raises:
            RanwrightError: ``control.unknown_ue`` or ``control.unknown_beam``; nothing has changed.
        """
        for order in orders:
            order.require_known()
            self._require_ue(order.ue_id)
        done = []
        for order in orders:
            here = bool(self._handover.connected[order.ue_id])
            done.append(here)
            if here:
                self._ordered_until_ms[order.ue_id] = self.now_ms + HOLD_MS
                self._asked[order.ue_id, list(order.sets)] = True
                if order.beam is not None:
                    self._next_beam[order.ue_id] = order.beam
        return done

    def hand_over(self, ue_id: int, cell_id: int) -> None:
        """Have a UE handed over in the next frame.

        Raises:
            RanwrightError: ``control.unknown_ue``, ``control.unknown_cell``, ``control.ue_away``,
                or ``control.out_of_reach``: event A3 would take it back.
        """
        self._require_ue(ue_id)
        if cell_id not in self.cell_ids:
            raise RanwrightError(
                "control.unknown_cell", f"There is no cell {cell_id}.", "Name a cell of this node."
            )
        cell = self.cell_ids.index(cell_id)
        if not self._handover.connected[ue_id]:
            raise RanwrightError(
                "control.ue_away", f"UE {ue_id} is not connected just now.", "Ask again."
            )
        heard_dbm = self._l3.filtered_dbm[ue_id]
        if heard_dbm.max() - heard_dbm[cell] > self.settings.a3_offset_db:
            raise RanwrightError(
                "control.out_of_reach",
                f"UE {ue_id} would be taken back from cell {cell_id} at once.",
                "Hand it over to a cell that it hears nearly as well as its best.",
            )
        if cell != self._handover.serving[ue_id]:
            self._handover.command(ue_id, cell, self.now_ms)

    def frame(self) -> FrameOutcome:
        """Run the next frame."""
        number, handover = self._number, self._handover
        wide_db, narrow_db, fading_m = self._field.frame(number)
        per_element = self._field.per_element_dbm[:, None]
        ssb_dbm, each = wide_db + per_element, np.arange(self.ues)
        self._l3.step(self.now_ms, ssb_dbm.max(-1), fading_m)
        narrow_dbm = narrow_db[each, handover.serving] + per_element[handover.serving]
        asked = self._find(ssb_dbm, narrow_dbm)
        measured = np.where(asked.any(1, keepdims=True), self._with_error(narrow_dbm), np.nan)
        reports = self._reports(number, ssb_dbm, measured, asked)
        sinr_db = self._sinr_db(narrow_db)
        connected = handover.connected
        self._take_truth(narrow_dbm, sinr_db, connected)
        outcome = FrameOutcome(
            number, reports, sinr_db, ssb_dbm.max(-1), handover.serving.copy(), connected,
            self._beam.copy(),
        )  # fmt: skip
        self._own_choice(number, measured, asked)
        everywhere = np.ones(self._field.cells, dtype=bool)
        handover.step(self.now_ms, self._l3.filtered_dbm, sinr_db, everywhere, everywhere)
        self._number += 1
        return outcome

    def _find(self, ssb_dbm: Floats, narrow_dbm: Floats) -> Flags:
        """Beams in new cells and after failures, what was ordered, and what is swept now."""
        serving, each = self._handover.serving, np.arange(self.ues)
        own_ssb = ssb_dbm[each, serving]
        new = serving != self._cell
        if self._number * FRAME_MS % self.settings.ssb_period_ms == 0:
            self._ssb_beam = np.where(new, -1, self._with_error(own_ssb).argmax(1))
        self._ordered_until_ms[new] = -np.inf
        self._next_beam[new] = -1
        self._asked[new] = False
        ordered = self._next_beam >= 0
        self.tally.switches += int((ordered & (self._next_beam != self._beam)).sum())
        self._beam = np.where(ordered, self._next_beam, self._beam)
        self._next_beam[:] = -1
        failed, back = self._failures.step(self._last_sinr(), self._handover.connected)
        self.tally.beam_failures += int(failed.sum())
        lost = new | back
        self._ssb_beam = np.where(lost, self._with_error(own_ssb).argmax(1), self._ssb_beam)
        inside = _MEMBERS[self._ssb_beam]
        found = np.take_along_axis(self._with_error(narrow_dbm), inside, 1).argmax(1)
        self._beam = np.where(lost, inside[each, found], self._beam)
        self.tally.measured += int(lost.sum()) * inside.shape[1]
        self._ordered_until_ms[back] = -np.inf
        self._cell = serving.copy()
        return self._swept()

    def _swept(self) -> Flags:
        """``[U, SETS]`` which sets are measured in this frame."""
        asked = self._asked.copy()
        self._asked[:] = False
        if self._own_sweeps and self.now_ms % self._antenna.csi_rs_period_ms == 0:
            own = self._is_own()
            asked[own, self._ssb_beam[own]] = True
        asked[~self._handover.connected] = False
        self.tally.measured += int(asked.sum()) * _MEMBERS.shape[1]
        return asked

    def _is_own(self) -> Flags:
        own: Flags = self._ordered_until_ms <= self.now_ms
        return own

    def _own_choice(self, number: int, measured: Floats, asked: Flags) -> None:
        """The strongest of the own sweep, from the next frame on."""
        if not self._own_sweeps or number * FRAME_MS % self._antenna.csi_rs_period_ms:
            return
        chosen = self._is_own() & asked.any(1)
        inside = _MEMBERS[self._ssb_beam[chosen]]
        found = np.take_along_axis(measured[chosen], inside, 1).argmax(1)
        self._next_beam[chosen] = np.take_along_axis(inside, found[:, None], 1)[:, 0]

    def _reports(
        self, number: int, ssb_dbm: Floats, measured: Floats, asked: Flags
    ) -> tuple[UeBeams, ...]:
        due = number * FRAME_MS % L1_REPORT_MS == 0
        heard = self._with_error(ssb_dbm) if due else ssb_dbm
        reports = []
        for ue in np.flatnonzero(self._handover.connected & (due | asked.any(1))).tolist():
            cell = int(self._handover.serving[ue])
            beams = _MEMBERS[asked[ue]].ravel().tolist()
            reports.append(
                UeBeams(
                    ue,
                    self.cell_ids[cell],
                    {beam: float(measured[ue, beam]) for beam in beams},
                    _strongest(heard[ue, cell]) if due else {},
                    self._candidates(heard[ue], cell) if due else {},
                )
            )
        return tuple(reports)

    def _candidates(self, heard_dbm: Floats, serving: int) -> dict[int, tuple[int, float]]:
        best = heard_dbm.max(-1)
        order = [int(c) for c in np.argsort(-best) if c != serving][:CANDIDATES]
        return {self.cell_ids[c]: (int(heard_dbm[c].argmax()), float(best[c])) for c in order}

    def _sinr_db(self, narrow_db: Floats) -> Floats:
        """``[U]`` with all cells at full power."""
        serving, each = self._handover.serving, np.arange(self.ues)
        gain = 10.0 ** (narrow_db / 10.0)
        in_use = beams_in_use(serving, self._beam, self._handover.connected, self._field.cells)
        power = np.einsum("ucb,cb->uc", gain, in_use) * self._field.over_noise
        own = gain[each, serving, self._beam] * self._field.over_noise[serving]
        others = power.sum(1) - power[each, serving]
        sinr_db: Floats = 10.0 * np.log10(np.maximum(own / (1.0 + others), _LEAST_SINR))
        self._sinr = sinr_db
        return sinr_db

    def _last_sinr(self) -> Floats:
        return self._sinr if self._number else np.zeros(self.ues)

    def _take_truth(self, narrow_dbm: Floats, sinr_db: Floats, connected: Flags) -> None:
        served = narrow_dbm[np.arange(self.ues), self._beam]
        self.tally.add(narrow_dbm.max(-1) - served, sinr_db, connected)

    def _with_error(self, power_dbm: Floats) -> Floats:
        deviation_db = self._antenna.measurement_error_db
        noisy: Floats = power_dbm + deviation_db * self._random.standard_normal(power_dbm.shape)
        return noisy

    def _require_ue(self, ue_id: int) -> None:
        if not 0 <= ue_id < self.ues:
            raise RanwrightError(
                "control.unknown_ue", f"There is no UE {ue_id}.", "Name UEs as they are reported."
            )


def beam_management(profile: Profile) -> BeamManagement:
    """The beams of a profile.

    Raises:
        RanwrightError: ``beams.no_profile``.
    """
    antenna = profile.antenna
    if not isinstance(antenna, BeamManagement):
        raise RanwrightError(
            "beams.no_profile",
            f"The profile {profile.name} has no beams.",
            "Use one whose antenna is of the kind beams, e.g. sweeping.",
            ExitCode.USAGE,
        )
    return antenna


def _strongest(ssb_dbm: Floats) -> dict[int, float]:
    return {int(b): float(ssb_dbm[b]) for b in np.argsort(-ssb_dbm)[:4]}
