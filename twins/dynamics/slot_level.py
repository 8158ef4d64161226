"""The slot level: schedulers, link adaptation and block errors, slot by slot.

In each slot every cell gives resource block groups to the UEs with the highest ratio of what the
group promises to what they have got so far, within the budget of their slice. Channel reports are
half a frame old. A failed block is sent again up to three times, and the energy of its
transmissions adds up (chase combining); what fails then stays in the queue.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from twins.dynamics.adaptation import BlockErrors, OuterLoop, effective_sinr_db
from twins.dynamics.link import FRAME_MS, Air, LinkSetup, Served, radiated_share
from twins.dynamics.randomness import Flags, Floats, Ints, stream
from twins.dynamics.traffic import Queues
from twins.flow import COHERENCE_BANDWIDTH_HZ

BANDS_PER_GROUP = 3
"""Coherence bands in a resource block group: about 16 PRB (TS 38.214 Table 5.1.2.2.1-1)."""

REPORTS_PER_FRAME = 2
PF_MEMORY = 0.98
MAX_TRANSMISSIONS = 4
_LEAST_BITS = 1.0
_SYMBOLS = 14
_FIRST_MCS = 10


class SlotLevel:
    """Proportional-fair scheduling and outer-loop link adaptation on Sionna SYS's error tables."""

    def __init__(self, setup: LinkSetup, seed: int) -> None:
        carrier = setup.scenario.carrier
        self.tick_ms = 15.0 / carrier.subcarrier_spacing_khz
        self._setup = setup
        self._groups = max(1, round(setup.width_hz / COHERENCE_BANDWIDTH_HZ / BANDS_PER_GROUP))
        elements = carrier.resource_blocks * 12 * _SYMBOLS * (1.0 - setup.overhead_share)
        self._errors = _block_errors(self._groups, elements / self._groups)
        ues = setup.speed_m_s.size
        self._fading = RicianBands(
            self._groups * BANDS_PER_GROUP,
            setup.correlation(FRAME_MS / REPORTS_PER_FRAME),
            setup.cells,
            stream("fading", seed),
        )
        self._draws = stream("block errors", seed)
        self._loop = OuterLoop(ues)
        self._pending = Pending.none(ues)
        self._cell = np.full(ues, -1)
        self._mcs = np.full(ues, _FIRST_MCS)
        self._average = np.full(ues, _LEAST_BITS)
        self._credit = np.zeros(setup.cells * setup.policy.dedicated.size)
        self._load = np.zeros(setup.cells)
        self._report: Floats | None = None

    def serve(self, air: Air, queues: Queues, first_tick: int) -> Served:
        """See :class:`twins.dynamics.link.LinkLevel`."""
        slots = round(FRAME_MS / self.tick_ms)
        cells, ues = self._setup.cells, air.serving.size
        used, busy = np.zeros(cells), np.zeros(cells)
        blocks, failed = np.zeros(ues, dtype=np.int64), np.zeros(ues, dtype=np.int64)
        sinr_db = np.zeros(ues)
        self._pending = self._pending.without(air.serving != self._cell)
        self._cell = air.serving.copy()
        member = (air.serving[:, None] == np.arange(cells)) * 1.0
        for slot in range(slots):
            if slot % (slots // REPORTS_PER_FRAME) == 0:
                power = self._fading.step(air.fading_m) * air.snr
                mean = self._sinr(air, power, self._load)
                report = mean if self._report is None else self._report
                self._report = mean
                sinr_db += 10.0 * np.log10(np.maximum(mean.mean(0), 1e-9)) / REPORTS_PER_FRAME
            backlog = np.where(air.connected, queues.backlog_bits(first_tick + slot), 0.0)
            given = self._schedule(air.serving, report, backlog)
            taken = given @ member
            sent, errors, bits = self._transmit(air, power, report, given, taken)
            queues.deliver(first_tick + slot, bits)
            self._average = np.where(
                backlog > 0, PF_MEMORY * self._average + (1.0 - PF_MEMORY) * bits, self._average
            )
            self._average = np.maximum(self._average, _LEAST_BITS)
            blocks += sent
            failed += errors
            used += taken.mean(0)
            busy += taken.any(0)
        self._load = used / slots
        return Served(self._load, busy / slots, sinr_db, blocks, failed)

    def _sinr(self, air: Air, power: Floats, load: Floats) -> Floats:
        """``[F, U]``; ``load`` is the share of PRBs in use, ``[C]`` or of each band, ``[F, C]``."""
        each = np.arange(air.serving.size)
        own = power[:, each, air.serving]
        radiated = np.atleast_2d(radiated_share(load, self._setup.overhead_share, air.awake))
        radiated = np.broadcast_to(radiated, (power.shape[0], radiated.shape[1]))
        heard = (power @ radiated[:, :, None])[:, :, 0] - own * radiated[:, air.serving]
        sinr: Floats = own * air.awake[air.serving] / (1.0 + heard)
        return sinr

    def _schedule(self, serving: Ints, report: Floats, backlog: Floats) -> Flags:
        """``[groups, U]`` which groups each UE gets; one UE a group and cell."""
        promised = self._promised(report)
        policy, cells = self._setup.policy, self._setup.cells
        need = np.minimum(backlog / promised.sum(0), 1.0)
        budget = policy.budgets(need, policy.group(serving), cells)
        # a group is indivisible: what a slice could not use of its share counts for the next slot
        self._credit = np.minimum(self._credit + budget.ravel() * self._groups, self._groups)
        metric = promised / self._average
        left = np.where(np.isinf(backlog), np.finfo(float).max, backlog)
        again = self._pending.groups
        groups_left = np.where(again > 0, again, self._groups)
        given = np.zeros((self._groups, serving.size), dtype=bool)
        member = serving[:, None] == np.arange(cells)
        slice_group = policy.group(serving)
        for band in range(self._groups):
            may = (left > 0) & (groups_left > 0) & (self._credit[slice_group] > 0.5)
            value = np.where(member & may[:, None], metric[band][:, None], 0.0)
            winner = value.argmax(0)
            winner = winner[value[winner, np.arange(cells)] > 0]
            given[band, winner] = True
            left[winner] -= np.where(again[winner] > 0, 0.0, promised[band, winner])
            groups_left[winner] -= 1
            self._credit[slice_group[winner]] -= 1.0
        return given

    def _promised(self, report: Floats) -> Floats:
        """``[groups, U]`` bits that a group would carry, by the attenuated Shannon bound."""
        radio = self._setup.scenario.radio
        efficiency = np.log2(1.0 + report * self._setup.snr_gap)
        efficiency = np.clip(efficiency, 1e-3, radio.max_spectral_efficiency)
        by_group = efficiency.reshape(self._groups, BANDS_PER_GROUP, -1).mean(1)
        width_hz = self._setup.width_hz / self._groups * (1.0 - self._setup.overhead_share)
        promised: Floats = by_group * width_hz * self.tick_ms / 1000.0
        return promised

    def _transmit(
        self, air: Air, power: Floats, report: Floats, given: Flags, taken: Floats
    ) -> tuple[Flags, Flags, Floats]:
        """Send one block to each UE with groups, a failed one before a new one.

        Returns:
            Who was sent a new block, whose new block failed, and the bits delivered, ``[U]``.
        """
        errors, pending = self._errors, self._pending
        groups = given.sum(0)
        sent = groups > 0
        again, new = sent & (pending.groups > 0), sent & (pending.groups == 0)
        bands = given.repeat(BANDS_PER_GROUP, 0)
        reported_db = effective_sinr_db(report, bands, errors.beta[self._mcs])
        chosen = errors.best_mcs(groups, reported_db - self._loop.offset_db)
        self._mcs = np.where(new, chosen, self._mcs)
        mcs = np.where(again, pending.mcs, chosen)
        size = np.where(again, pending.groups, groups)
        sinr = self._sinr(air, power, taken.repeat(BANDS_PER_GROUP, 0))
        now = 10.0 ** (effective_sinr_db(sinr, bands, errors.beta[mcs]) / 10.0)
        combined = np.where(again, pending.sinr, 0.0) + now * groups / np.maximum(size, 1)
        chance = errors.chance_of_error(size, mcs, 10.0 * np.log10(np.maximum(combined, 1e-9)))
        failed = sent & (self._draws.random(groups.size) < chance)
        self._loop.feed_back(new, failed)
        self._pending = pending.after(sent, failed, size, mcs, combined)
        return new, new & failed, np.where(sent & ~failed, errors.bits[size, mcs], 0.0)


@dataclass(frozen=True)
class Pending:
    """A failed block of each UE that waits to be sent again.

    Attributes:
        groups: ``[U]`` that it fills; 0 for none.
        mcs: ``[U]``.
        sinr: ``[U]`` effective SINR gathered so far, linear.
        transmissions: ``[U]`` so far.
    """

    groups: Ints
    mcs: Ints
    sinr: Floats
    transmissions: Ints

    @classmethod
    def none(cls, ues: int) -> "Pending":
        """No block of anybody."""
        nothing = np.zeros(ues, dtype=np.int64)
        return cls(nothing, nothing, np.zeros(ues), nothing)

    def without(self, gone: Flags) -> "Pending":
        """After UEs have left their cell: its blocks are lost, their bits still in the queues."""
        keep = ~gone
        return Pending(
            self.groups * keep, self.mcs * keep, self.sinr * keep, self.transmissions * keep
        )

    def after(self, sent: Flags, failed: Flags, groups: Ints, mcs: Ints, sinr: Floats) -> "Pending":
        """After a slot; given up after ``MAX_TRANSMISSIONS``."""
        transmissions = np.where(sent, self.transmissions + 1, self.transmissions)
        keep = failed & (transmissions < MAX_TRANSMISSIONS)
        groups, mcs = np.where(sent, groups, self.groups), np.where(sent, mcs, self.mcs)
        now = Pending(groups, mcs, np.where(sent, sinr, self.sinr), transmissions)
        return now.without(sent & ~keep)


class RicianBands:
    """Rician fading of every band and link: a constant direct path and an AR(1) scattered one.

    K of the Nakagami m of a link as in :mod:`twins.sionna.slot`.
    """

    def __init__(
        self, bands: int, correlation: Floats, cells: int, random: np.random.Generator
    ) -> None:
        self._shape = (bands, correlation.size, cells, 2)
        self._random = random
        self._correlation = correlation[:, None, None].astype(np.float32)
        self._innovation = np.sqrt(1.0 - self._correlation**2)
        self._scattered = self._draw()

    def step(self, fading_m: Floats) -> Floats:
        """Power ``[F, U, C]`` of mean 1, one step on; ``fading_m`` is ``[U, C]``."""
        self._scattered = self._correlation * self._scattered + self._innovation * self._draw()
        m = np.maximum(fading_m, 1.0)
        k = (m - 1.0 + np.sqrt(m * (m - 1.0))).astype(np.float32)
        spread = np.sqrt(0.5 / (k + 1.0))
        real = np.sqrt(k / (k + 1.0)) + spread * self._scattered[..., 0]
        imaginary = spread * self._scattered[..., 1]
        power: Floats = real * real + imaginary * imaginary
        return power

    def _draw(self) -> NDArray[np.float32]:
        return self._random.standard_normal(self._shape, dtype=np.float32)


@cache
def _block_errors(groups: int, elements_per_group: float) -> BlockErrors:
    return BlockErrors.load(groups, elements_per_group)
