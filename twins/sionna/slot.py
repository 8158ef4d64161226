"""Slot-level reference of the flow level, on the link abstraction of Sionna SYS.

In every slot each cell's proportional-fair scheduler gives resource block groups to its UEs by
their last channel report; outer-loop link adaptation picks the MCS (TS 38.214 Table 5.1.3.1-2);
the effective SINR of the allocated bands decides by block error tables whether the transport
block arrives. A failed block is sent again later without combining.

Fading is Rician with the Nakagami m of the link (TR 38.901 writes K; K = m - 1 + sqrt(m (m - 1))
matches the first two moments of the power), independent between coherence bands, and correlated
in time by Jakes' spectrum at pedestrian speed.

Known limit: the tables hold no MCS below index 2, so bands under about -1 dB carry next to
nothing here.
"""

import math
from dataclasses import dataclass, field

import torch
from scipy.special import j0
from torch import Tensor

from twins.flow import COHERENCE_BANDWIDTH_HZ, STEP_MS, FlowResult
from twins.scenario import Scenario
from twins.sionna.system import load_system_level

UE_SPEED_M_S = 3.0 / 3.6
REPORT_PERIOD_SLOTS = 10
"""A channel report is this old at most; fading is constant in between."""

BANDS_PER_GROUP = 3
PF_MEMORY = 0.98
WARM_UP_STEPS = 1
_SYMBOLS_PER_SLOT = 14
_LEAST_RATE = 1e-3


class SlotModel:
    """The slot-level model of one scenario, called like :class:`twins.flow.FlowModel`.

    Some thousand times slower than the flow level: for measuring the gap, not for verification.
    """

    def __init__(self, scenario: Scenario) -> None:
        carrier, radio = scenario.carrier, scenario.radio
        width_hz = carrier.resource_blocks * 12 * carrier.subcarrier_spacing_khz * 1e3
        groups = max(1, round(width_hz / COHERENCE_BANDWIDTH_HZ / BANDS_PER_GROUP))
        self._bands = groups * BANDS_PER_GROUP
        self._noise_mw = 10.0 ** ((-174.0 + radio.noise_figure_db) / 10.0) * width_hz
        self._idle_load = carrier.overhead_share
        self._elements_per_band = (
            carrier.resource_blocks * 12 * _SYMBOLS_PER_SLOT * (1.0 - carrier.overhead_share)
        ) / self._bands
        self._slot_ms = 15.0 / carrier.subcarrier_spacing_khz
        self._slots_per_step = round(STEP_MS / self._slot_ms)
        doppler_hz = UE_SPEED_M_S * carrier.frequency_hz / 299_792_458.0
        lag_s = REPORT_PERIOD_SLOTS * self._slot_ms / 1000.0
        self._correlation = float(j0(2.0 * math.pi * doppler_hz * lag_s))
        self._snr_gap = 10.0 ** (-radio.implementation_loss_db / 10.0)

    @torch.inference_mode()
    def run(
        self,
        gain_db: Tensor,
        fading_m: Tensor,
        serving: Tensor,
        tx_power_mw: Tensor,
        activity: Tensor,
        steps: int,
        generator: torch.Generator,
    ) -> FlowResult:
        """Simulate ``steps`` steps of 100 ms after one step of warm-up; see ``FlowModel.run``.

        Seeds Sionna's global generator from ``generator``.

        Args:
            gain_db: [B, U, C] mean link gains, antenna included.
            fading_m: [B or 1, U, C] Nakagami m of the links, at least 1.
            serving: [B or 1, U] index of the serving cell.
            tx_power_mw: [B or 1, C] power at full load.
            activity: [B or 1, U] probability of having data in a step.
            steps: number of 100 ms steps counted.
            generator: source of traffic and fading.
        """
        batch, ues, cells = gain_db.shape
        member = torch.nn.functional.one_hot(serving, cells).float().expand(batch, -1, -1)
        snr = tx_power_mw.unsqueeze(1) * torch.pow(10.0, gain_db / 10.0) / self._noise_mw
        fading = _Fading.start(
            fading_m.expand(batch, -1, -1), self._bands, self._correlation, generator
        )
        seed = int(torch.randint(2**31, (1,), generator=generator))
        link = load_system_level(seed).link(batch, ues)
        window = _Window.empty(batch, ues, cells)
        rate_mbit = torch.full((batch, ues), _LEAST_RATE)
        for step in range(-WARM_UP_STEPS, steps):
            active = (torch.rand(batch, ues, generator=generator) < activity).float()
            busy = ((active.unsqueeze(1) @ member).squeeze(1) > 0).float()
            load = busy + (1.0 - busy) * self._idle_load
            report = self._sinr(snr, fading.power, member, load)
            delivered = torch.zeros(batch, ues)
            sinr_db = torch.zeros(batch, ues)
            for slot in range(self._slots_per_step):
                if slot % REPORT_PERIOD_SLOTS == 0:
                    fading.advance(generator)
                    now = self._sinr(snr, fading.power, member, load)
                    sinr_db += 10.0 * torch.log10(now.mean(1).clamp_min(1e-9))
                given = self._schedule(report, rate_mbit, active, member)
                mbit = link.transmit(now * given, report * given, self._elements(given)) / 1e6
                delivered += mbit
                rate_mbit = torch.where(
                    active > 0, PF_MEMORY * rate_mbit + (1 - PF_MEMORY) * mbit, rate_mbit
                ).clamp_min(_LEAST_RATE)
                if slot % REPORT_PERIOD_SLOTS == REPORT_PERIOD_SLOTS - 1:
                    report = now
            if step >= 0:
                window.add(
                    delivered, active, sinr_db / (self._slots_per_step / REPORT_PERIOD_SLOTS), busy
                )
        return window.result(steps)

    def _sinr(self, snr: Tensor, power: Tensor, member: Tensor, load: Tensor) -> Tensor:
        """SINR ``[B, F, U]`` from mean SNR ``[B, U, C]`` and fading power ``[B, F, U, C]``."""
        own, others = snr * member, snr * (1.0 - member) * load.unsqueeze(1)
        signal = torch.einsum("bfuc,buc->bfu", power, own)
        return signal / (torch.einsum("bfuc,buc->bfu", power, others) + 1.0)

    def _schedule(self, report: Tensor, rate: Tensor, active: Tensor, member: Tensor) -> Tensor:
        """Bands given to UEs, ``[B, F, U]`` of 0 and 1; a group of bands goes to one UE a cell."""
        batch, _, ues = report.shape
        efficiency = torch.log2(1.0 + report * self._snr_gap)
        by_group = efficiency.reshape(batch, -1, BANDS_PER_GROUP, ues).sum(2)
        metric = by_group / rate.unsqueeze(1) * active.unsqueeze(1)  # [B, G, U]
        best = metric.unsqueeze(2) * member.transpose(1, 2).unsqueeze(1)  # [B, G, C, U]
        value, winner = best.max(-1)
        chosen = torch.zeros_like(metric).scatter_add_(2, winner, (value > 0).float())
        return chosen.clamp_max(1.0).repeat_interleave(BANDS_PER_GROUP, 1)

    def _elements(self, given: Tensor) -> Tensor:
        """Resource elements allocated to each UE in the slot, ``[B, U]`` int32."""
        return (given.sum(1) * self._elements_per_band).round().to(torch.int32)


@dataclass
class _Fading:
    """Rician power per band; the line-of-sight share is constant, the rest an AR(1) process."""

    scattered: Tensor  # [B, F, U, C] complex
    direct: Tensor  # [B, 1, U, C] amplitude of the direct path
    spread: Tensor  # [B, 1, U, C] amplitude of the scattered paths
    correlation: float
    power: Tensor = field(init=False)

    @classmethod
    def start(
        cls, m: Tensor, bands: int, correlation: float, generator: torch.Generator
    ) -> "_Fading":
        m = m.clamp_min(1.0).unsqueeze(1)
        k = m - 1.0 + (m * (m - 1.0)).sqrt()
        shape = (m.shape[0], bands, *m.shape[2:])
        scattered = torch.randn(shape, generator=generator, dtype=torch.complex64)
        fading = cls(scattered, (k / (k + 1.0)).sqrt(), (1.0 / (k + 1.0)).sqrt(), correlation)
        fading.power = fading._current()
        return fading

    def advance(self, generator: torch.Generator) -> None:
        fresh = torch.randn(self.scattered.shape, generator=generator, dtype=torch.complex64)
        self.scattered = (
            self.correlation * self.scattered + math.sqrt(1.0 - self.correlation**2) * fresh
        )
        self.power = self._current()

    def _current(self) -> Tensor:
        return (self.direct + self.spread * self.scattered).abs().square()


@dataclass
class _Window:
    """Sums over the counted steps."""

    volume: Tensor
    active: Tensor
    sinr: Tensor
    busy: Tensor

    @classmethod
    def empty(cls, batch: int, ues: int, cells: int) -> "_Window":
        return cls(*(torch.zeros(batch, n) for n in (ues, ues, ues, cells)))

    def add(self, volume: Tensor, active: Tensor, sinr: Tensor, busy: Tensor) -> None:
        self.volume += volume
        self.active += active
        self.sinr += sinr
        self.busy += busy

    def result(self, steps: int) -> FlowResult:
        return FlowResult(self.volume, self.active * STEP_MS, self.sinr / steps, self.busy / steps)
