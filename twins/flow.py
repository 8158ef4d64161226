"""Flow-level simulation: SINR per sub-band, link abstraction, proportional-fair sharing.

Time runs in steps of 100 ms. In each step every UE has data with its activity; each cell with data
transmits at full power and shares its sub-bands among its active UEs.

Fading is drawn anew in every step: at 3.5 GHz a pedestrian's coherence time (0.423 / Doppler
frequency, 43 ms at 3 km/h) is below the step. A sub-band averages the fades of its coherence
bands, so its power gain is gamma distributed with shape ``m * bands`` (a sum of ``bands``
independent Nakagami-m powers). The gamma variate is made from one normal by Wilson and Hilferty,
"The distribution of chi-square", PNAS 17 (1931): ``(1 - 1/(9k) + z/(3 sqrt k))^3``, whose mean is
1 to within 2e-4 for shapes above 6.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from twins.scenario import Scenario

STEP_MS = 100
"""Length of a step: traffic, fading and shares are constant within it."""

COHERENCE_BANDWIDTH_HZ = 2.0e6
"""1 / (5 delay spread) for the median LOS delay spread of TR 38.901 Table 7.5-6 (UMa, 98 ns)."""

_THERMAL_NOISE_DBM_PER_HZ = -174.0
_SHARING_ROUNDS = 3
_LEAST_PRICE = 1e-12


@dataclass(frozen=True)
class FlowResult:
    """What happened in a window, for a batch of B networks.

    Attributes:
        volume_mbit: [B, U] delivered to each UE.
        active_ms: [B, U] time each UE had data.
        sinr_db: [B, U] wideband SINR of the serving cell, averaged over the steps in dB.
        prb_usage: [B, C] share of the resource blocks used, 0..1.
    """

    volume_mbit: Tensor
    active_ms: Tensor
    sinr_db: Tensor
    prb_usage: Tensor

    def throughput_mbps(self) -> Tensor:
        """[B, U] volume over active time (TS 28.552 DRB.UEThpDl); nan for a UE never active."""
        return self.volume_mbit / (self.active_ms / 1000.0)


class FlowModel:
    """The flow-level model of one scenario. Holds no state: safe to share between threads.

    Example:
        >>> import torch
        >>> from twins.scenario import load_scenario
        >>> model = FlowModel(load_scenario("munich"))
        >>> result = model.run(
        ...     gain_db=torch.full((1, 1, 9), -100.0),
        ...     fading_m=torch.ones(1, 1, 9),
        ...     serving=torch.zeros(1, 1, dtype=torch.long),
        ...     tx_power_mw=torch.full((1, 9), 40000.0),
        ...     activity=torch.ones(1, 1),
        ...     steps=10,
        ...     generator=torch.Generator().manual_seed(1),
        ... )
        >>> result.active_ms.item()
        1000.0
    """

    def __init__(self, scenario: Scenario) -> None:
        carrier, radio = scenario.carrier, scenario.radio
        width_hz = carrier.resource_blocks * 12 * carrier.subcarrier_spacing_khz * 1e3
        noise_dbm = _THERMAL_NOISE_DBM_PER_HZ + radio.noise_figure_db
        self._noise_mw = 10.0 ** (noise_dbm / 10.0) * width_hz
        self._sub_bands = carrier.sub_bands
        self._bands = max(1.0, width_hz / carrier.sub_bands / COHERENCE_BANDWIDTH_HZ)
        self._idle_load = carrier.overhead_share
        self._mbit_per_step = (
            width_hz / carrier.sub_bands * (1.0 - carrier.overhead_share) * STEP_MS / 1e9
        )
        self._snr_gap = 10.0 ** (-radio.implementation_loss_db / 10.0)
        self._max_efficiency = radio.max_spectral_efficiency

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
        """Simulate ``steps`` steps of a batch of networks.

        The members of a batch draw from the generator one after the other, so a batch equals its
        members run singly with the same generator.

        Args:
            gain_db: [B, U, C] mean link gains, antenna included.
            fading_m: [B or 1, U, C] Nakagami m of the links.
            serving: [B or 1, U] index of the serving cell.
            tx_power_mw: [B or 1, C] power at full load.
            activity: [B or 1, U] probability of having data in a step.
            steps: number of 100 ms steps.
            generator: source of traffic and fading.
        """
        size = gain_db.shape[0]
        snr = tx_power_mw.unsqueeze(1) * torch.pow(10.0, gain_db / 10.0) / self._noise_mw
        shapes = fading_m * self._bands
        results = [
            self._window(
                snr[b],
                shapes[b % shapes.shape[0]],
                serving[b % serving.shape[0]],
                activity[b % activity.shape[0]],
                steps,
                generator,
            )
            for b in range(size)
        ]
        volume, active, sinr, usage = (torch.stack(rows) for rows in zip(*results, strict=True))
        return FlowResult(volume, active, sinr, usage)

    def _window(
        self,
        snr: Tensor,
        shape: Tensor,
        serving: Tensor,
        activity: Tensor,
        steps: int,
        generator: torch.Generator,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """One network: snr, shape [U, C]; serving, activity [U]. Small enough for the cache."""
        ues, cells = snr.shape
        normals = torch.randn(steps, self._sub_bands, cells + 1, ues, generator=generator)
        active = (torch.rand(steps, ues, generator=generator) < activity).to(snr.dtype)
        member = torch.nn.functional.one_hot(serving, cells).to(snr.dtype)
        busy = (active @ member > 0).to(snr.dtype)
        load = busy + (1.0 - busy) * self._idle_load
        at = serving.unsqueeze(1)
        signal = _faded(normals[:, :, 0], snr.gather(1, at)[:, 0], shape.gather(1, at)[:, 0])
        heard = (snr * (1.0 - member)).T * load.unsqueeze(2)
        interference = _faded(normals[:, :, 1:], heard.unsqueeze(1), shape.T).sum(2)
        sinr = signal.div_(interference.add_(1.0))
        rate = self._efficiency(sinr).mul_(self._mbit_per_step)
        volume = _proportional_fair(rate, active, member)
        sinr_db = 10.0 * torch.log10(sinr.mean(1).clamp_min(1e-9))
        return volume.sum(0), active.sum(0) * STEP_MS, sinr_db.mean(0), busy.mean(0)

    def _efficiency(self, sinr: Tensor) -> Tensor:
        """Attenuated and truncated Shannon bound (TR 36.942 Annex A.2), bit/s/Hz."""
        return torch.log2(1.0 + sinr * self._snr_gap).clamp_max(self._max_efficiency)


def _faded(normals: Tensor, mean: Tensor, shape: Tensor) -> Tensor:
    """Gamma variates of the given mean and shape in place of the normals (Wilson-Hilferty).

    The mean goes in under the cube, which saves a pass over the largest tensor.
    """
    root = mean.pow(1.0 / 3.0)
    centre = root * (1.0 - 1.0 / (9.0 * shape))
    spread = root / (3.0 * shape.sqrt())
    return normals.mul_(spread).add_(centre).clamp_min_(0.0).pow_(3)


def _proportional_fair(rate: Tensor, active: Tensor, member: Tensor) -> Tensor:
    """Volumes under proportional-fair sharing of each cell's sub-bands.

    The long-run shares of a proportional-fair scheduler maximise the sum of log rates (an
    Eisenberg-Gale market in which each UE has budget 1). Proportional response finds them: bid on
    each sub-band in proportion to what it gave (Zhang, "Proportional response dynamics in the
    Fisher market", 2011). Every round is feasible; the first is equal sharing.

    Args:
        rate: [T, S, U] volume a UE would get from a whole sub-band in a step.
        active: [T, U] 1 where the UE has data.
        member: [U, C] 1 at the serving cell.

    Returns:
        [T, U] volume in the unit of ``rate``.
    """
    bids = (active / rate.shape[1]).unsqueeze(1).expand_as(rate).contiguous()
    for last in range(_SHARING_ROUNDS, 0, -1):
        prices = (bids @ member) @ member.T
        gained = rate * bids / prices.clamp_min_(_LEAST_PRICE)
        total = gained.sum(1)
        if last > 1:
            bids = gained.div_(total.clamp_min(_LEAST_PRICE).unsqueeze(1))
    return total


def serving_cells(
    rsrp_dbm: Tensor, previous_serving: Tensor | None, handover_offset_db: float
) -> Tensor:
    """Association after TS 38.331 event A3: move to the best cell once it is an offset better.

    Args:
        rsrp_dbm: [..., U, C].
        previous_serving: [..., U] index of the serving cells so far; ``None``: the best serves.
        handover_offset_db: how much stronger a neighbour must be.

    Returns:
        [..., U] index of the serving cells.
    """
    best_dbm, best = rsrp_dbm.max(-1)
    if previous_serving is None:
        return best
    previous = previous_serving.expand_as(best)
    own_dbm = rsrp_dbm.gather(-1, previous.unsqueeze(-1)).squeeze(-1)
    return torch.where(best_dbm > own_dbm + handover_offset_db, best, previous)
