"""Energy of cells over time: awake, asleep, and on the ramps between."""

from dataclasses import dataclass, replace
from enum import IntEnum

import torch
from torch import Tensor

from twins.dynamics.power import PowerFigures, Sleep, active_power, check_shares, receive_power

_DONE_MS = 1e-9


class PowerState(IntEnum):
    """Where a cell's time goes; the index of :attr:`CellEnergy.time_ms`."""

    DEEP_SLEEP = 0
    LIGHT_SLEEP = 1
    MICRO_SLEEP = 2
    ACTIVE_DL = 3
    ACTIVE_UL = 4
    TRANSITION = 5


@dataclass(frozen=True)
class Load:
    """What awake cells do in an interval; every tensor ``[..., C]``.

    Args:
        dl_time_share: of the interval, with a DL symbol on the air, SSB and CSI-RS included.
        prb_share: of the PRBs, used in that time.
        tx_power_dbm: configuredMaxTxPower: of all PRBs and all chains.
        trx_share: of the transceiver chains that are on.
        ul_time_share: of the interval, with UL symbols received (TDD: never beside DL).
    """

    dl_time_share: Tensor
    prb_share: Tensor
    tx_power_dbm: Tensor
    trx_share: Tensor
    ul_time_share: Tensor


_AWAKE, _FALLING, _ASLEEP, _RISING = range(4)
_SLEEP_POWER, _RAMP_POWER, _RAMP_MS = range(3)
_AWAKE_STATES = (PowerState.MICRO_SLEEP, PowerState.ACTIVE_DL, PowerState.ACTIVE_UL)


@dataclass(frozen=True)
class CellEnergy:
    """Sleep and energy of cells so far; every tensor ``[..., C]`` unless said otherwise.

    Args:
        figures: of all cells.
        phase: awake, falling asleep, asleep or rising.
        depth: :class:`Sleep` of a cell that is not awake.
        ramp_ms: left of the present ramp.
        energy: relative power times milliseconds, float64.
        time_ms: ``[..., C, 6]`` in each :class:`PowerState`, float64.
    """

    figures: PowerFigures
    phase: Tensor
    depth: Tensor
    ramp_ms: Tensor
    energy: Tensor
    time_ms: Tensor

    @classmethod
    def awake(cls, figures: PowerFigures, *shape: int) -> "CellEnergy":
        """Cells ``[*shape]`` that are awake and have used nothing."""
        still = torch.zeros(shape, dtype=torch.int64)
        nothing = torch.zeros(shape, dtype=torch.float64)
        return cls(figures, still, still, nothing, nothing, nothing.new_zeros(*shape, 6))

    @property
    def available(self) -> Tensor:
        """Which cells can serve: bool ``[..., C]``."""
        return self.phase == _AWAKE

    @property
    def shares(self) -> Tensor:
        """Share of the time in each :class:`PowerState`, ``[..., C, 6]``."""
        return self.time_ms / self.time_ms.sum(-1, keepdim=True).clamp(min=_DONE_MS)

    def advance(self, load: Load, sleep: Tensor, duration_ms: float) -> "CellEnergy":
        """The cells after an interval of one load and one command.

        An awake cell told to sleep ramps down at once and a sleeping one told to wake ramps up at
        once. Ramps run to their end, and a depth holds until the cell has woken.

        Args:
            load: of the cells while they are awake; the rest of their time they micro-sleep.
            sleep: :class:`Sleep` of each cell, ``[..., C]`` int64.
            duration_ms: of the interval.

        Raises:
            RanwrightError: ``energy.load``, see :func:`active_power`.
        """
        use, power = self._awake(load)
        now, left = self, torch.full_like(self.energy, duration_ms)
        while bool((left > 0).any()):
            now, left = now._until_next_event(use, power, sleep, left)
        return now

    def _awake(self, load: Load) -> tuple[Tensor, Tensor]:
        """Share of each state in an awake cell's time ``[..., C, 6]``, and its mean power."""
        downlink, uplink = load.dl_time_share, load.ul_time_share
        check_shares(dl_time_share=downlink, ul_time_share=uplink, sum=downlink + uplink)
        powers = (
            torch.as_tensor(self.figures.micro_sleep_power),
            active_power(self.figures, load.prb_share, load.tx_power_dbm, load.trx_share),
            receive_power(self.figures, load.trx_share),
        )
        shares = (1.0 - downlink - uplink, downlink, uplink)
        use = torch.zeros_like(self.time_ms)
        mean = torch.zeros_like(self.energy)
        for state, share, power in zip(_AWAKE_STATES, shares, powers, strict=True):
            use[..., state] = share.to(use)
            mean += share.to(mean) * power.to(mean)
        return use, mean

    def _until_next_event(
        self, use: Tensor, awake_power: Tensor, sleep: Tensor, left_ms: Tensor
    ) -> tuple["CellEnergy", Tensor]:
        """Obey the command, and go on to the end of the interval or of the ramp."""
        told = sleep > 0
        falls = (self.phase == _AWAKE) & told & (left_ms > 0)
        rises = (self.phase == _ASLEEP) & ~told & (left_ms > 0)
        depth = torch.where(falls, sleep, self.depth)
        figures = _by_depth(self.figures, depth)
        ramp_ms = torch.where(falls | rises, figures[..., _RAMP_MS], self.ramp_ms)
        phase = torch.where(falls, _FALLING, torch.where(rises, _RISING, self.phase))

        ramping = (phase == _FALLING) | (phase == _RISING)
        asleep = phase == _ASLEEP
        spent_ms = torch.where(ramping, torch.minimum(ramp_ms, left_ms), left_ms)
        power = torch.where(asleep, figures[..., _SLEEP_POWER], awake_power)
        power = torch.where(ramping, figures[..., _RAMP_POWER], power)
        state = torch.where(ramping, int(PowerState.TRANSITION), Sleep.DEEP - depth)
        one = torch.nn.functional.one_hot(state, len(PowerState)).to(use)
        share = torch.where((ramping | asleep)[..., None], one, use)

        ramp_ms = ramp_ms - spent_ms
        done = ramping & (ramp_ms <= _DONE_MS)
        left_ms = left_ms - spent_ms
        after = replace(
            self,
            phase=torch.where(done, (phase + 1) % 4, phase),
            depth=depth,
            ramp_ms=ramp_ms,
            energy=self.energy + power * spent_ms,
            time_ms=self.time_ms + share * spent_ms[..., None],
        )
        return after, torch.where(left_ms > _DONE_MS, left_ms, 0.0)


def _by_depth(figures: PowerFigures, depth: Tensor) -> Tensor:
    """Power, ramp power and length of one ramp for each cell's depth, ``[..., C, 3]``."""
    rows = [(0.0, 0.0, 0.0)] + [
        (sleep.power, sleep.ramp_power, sleep.transition_ms / 2.0)
        for sleep in (figures.light, figures.deep)
    ]
    return torch.tensor(rows, dtype=torch.float64)[depth]
