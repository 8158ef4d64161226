"""Power of a base station: the model of 3GPP TR 38.864 V18.1.0 clause 5.1.

Powers are relative, deep sleep being 1; energies are relative power times milliseconds. 3GPP gives
no watts: :func:`watts_per_unit` takes them from a declared measurement and from nothing else.

The figures were compared with two public reproductions of the tables, not with the report itself.
The ramps follow one reading of the tables: while a cell ramps it draws the power of the sleep it
goes to or comes from, and the additional energy of Table 5.1-5 evenly over the total time of Table
5.1-4, one half of which ramps down and the other up. (The tables give totals only. 90 and 1088 for
light sleep are exactly the triangle between micro and light sleep over 6 and 640 ms.)
"""

from enum import IntEnum
from typing import Self

import torch
from pydantic import Field, model_validator
from torch import Tensor

from contracts.canonical import Contract
from contracts.errors import ExitCode, RanwrightError

_ROUNDING = 1e-6


class Sleep(IntEnum):
    """What a cell is told: NONE when UNLOCKED, a depth when LOCKED or IS_ENERGY_SAVING."""

    NONE = 0
    LIGHT = 1
    DEEP = 2


class SleepFigures(Contract):
    """One depth of sleep with its ramps, down and up together."""

    power: float = Field(ge=0, description="Table 5.1-3")
    transition_ms: float = Field(gt=0, description="Table 5.1-4, total")
    transition_energy: float = Field(ge=0, description="Table 5.1-5, on top of the power, times ms")

    @property
    def ramp_power(self) -> float:
        """Power while ramping."""
        return self.power + self.transition_energy / self.transition_ms


class PowerFigures(Contract):
    """The figures of one base station category and one reference configuration."""

    source: str = Field(description="table, category and configuration")
    deep: SleepFigures
    light: SleepFigures
    micro_sleep_power: float = Field(gt=0, description="the static part, Table 5.1-3")
    active_dl_power: float = Field(gt=0, description="every PRB and chain at the reference power")
    active_ul_power: float = Field(gt=0, description="every chain receiving")
    load_free_share: float = Field(
        ge=0, le=1, description="A: of the dynamic DL power, that which PRBs and PSD do not scale"
    )
    reference_tx_power_dbm: float = Field(description="Table 5.1-1, all chains and PRBs")

    @model_validator(mode="after")
    def _check(self) -> Self:
        powers = [self.deep.power, self.light.power, self.micro_sleep_power]
        least_active = min(self.active_dl_power, self.active_ul_power)
        if not powers[0] < powers[1] < powers[2] < least_active:
            raise ValueError(f"deeper states must draw less, not {[*powers, least_active]}")
        return self

    def sleep(self, depth: Sleep) -> SleepFigures:
        """The figures of LIGHT or DEEP; micro sleep, without a ramp, is not among them."""
        return {Sleep.LIGHT: self.light, Sleep.DEEP: self.deep}[depth]


CATEGORY_1 = PowerFigures(
    source="TR 38.864 V18.1.0 Tables 5.1-1, -3, -4, -5: category 1, set 1 (FR1 TDD, 100 MHz, "
    "30 kHz, 64 TxRU, 55 dBm)",
    deep=SleepFigures(power=1.0, transition_ms=50.0, transition_energy=1000.0),
    light=SleepFigures(power=25.0, transition_ms=6.0, transition_energy=90.0),
    micro_sleep_power=55.0,
    active_dl_power=280.0,
    active_ul_power=110.0,
    load_free_share=0.4,
    reference_tx_power_dbm=55.0,
)
"""Base stations of quick and dear sleep."""

CATEGORY_2 = PowerFigures(
    source=CATEGORY_1.source.replace("category 1", "category 2"),
    deep=SleepFigures(power=1.0, transition_ms=10_000.0, transition_energy=17_000.0),
    light=SleepFigures(power=2.1, transition_ms=640.0, transition_energy=1088.0),
    micro_sleep_power=5.5,
    active_dl_power=32.0,
    active_ul_power=6.5,
    load_free_share=0.4,
    reference_tx_power_dbm=55.0,
)
"""Base stations of slow sleep; their unit (deep sleep) is not category 1's."""


class PowerReference(Contract):
    """What a real base station draws where the model says ``active_dl_power``."""

    active_dl_power_w: float = Field(gt=0, description="at full load and the reference power")
    source: str = Field(min_length=1, description="whose measurement")


def active_power(
    figures: PowerFigures, prb_share: Tensor, tx_power_dbm: Tensor, trx_share: Tensor
) -> Tensor:
    """Relative power while transmitting, ``[...]``; the arguments broadcast and mean what
    :class:`twins.dynamics.energy.Load` says.

    TR 38.864 clause 5.1: P = P3 + s_a (P4 - P3) (A + (1 - A) s_f s_p), with the micro sleep P3 as
    the static part, s_a the share of chains, s_f of PRBs, s_p of power spectral density. The
    efficiency of the power amplifier is that of the TR's option with one value, 1; the other
    (0.76 below s_f s_p = 0.5) would let a cell save by sending more.

    Raises:
        RanwrightError: ``energy.load`` for a share outside 0..1, or a power above the reference.
    """
    check_shares(prb_share=prb_share, trx_share=trx_share)
    psd_share = torch.pow(10.0, (tx_power_dbm - figures.reference_tx_power_dbm) / 10.0)
    check_shares(power_over_reference=psd_share)
    scaled = figures.load_free_share + (1.0 - figures.load_free_share) * prb_share * psd_share
    dynamic = (figures.active_dl_power - figures.micro_sleep_power) * trx_share * scaled
    return figures.micro_sleep_power + dynamic


def receive_power(figures: PowerFigures, trx_share: Tensor) -> Tensor:
    """Relative power while receiving: P3 + s_a (P5 - P3), TR 38.864 clause 5.1; shape kept."""
    check_shares(trx_share=trx_share)
    return figures.micro_sleep_power + trx_share * (
        figures.active_ul_power - figures.micro_sleep_power
    )


def sleep_energy(figures: PowerFigures, depth: Sleep, idle_ms: float) -> float:
    """Energy of an idle interval spent at a depth, ramps included; NONE is micro sleep.

    Infinite where the interval is too short for the ramps.
    """
    if depth is Sleep.NONE:
        return figures.micro_sleep_power * idle_ms
    sleep = figures.sleep(depth)
    if idle_ms < sleep.transition_ms:
        return float("inf")
    return sleep.power * idle_ms + sleep.transition_energy


def break_even_ms(figures: PowerFigures, deeper: Sleep, than: Sleep = Sleep.NONE) -> float:
    """The shortest idle interval for which the deeper sleep costs no more than the other.

    Args:
        figures: of the base station.
        deeper: LIGHT or DEEP.
        than: NONE (micro sleep), or LIGHT beside DEEP.
    """
    sleep = figures.sleep(deeper)
    other_power, other_energy = figures.micro_sleep_power, 0.0
    if than is not Sleep.NONE:
        other_power, other_energy = figures.light.power, figures.light.transition_energy
    saved = (sleep.transition_energy - other_energy) / (other_power - sleep.power)
    return max(sleep.transition_ms, saved)


def watts_per_unit(figures: PowerFigures, reference: PowerReference) -> float:
    """Watts of one unit of relative power; times 1e-3, the joules of one unit of energy."""
    return reference.active_dl_power_w / figures.active_dl_power


def check_shares(**shares: Tensor) -> None:
    """Raise ``energy.load`` unless every share lies in 0..1."""
    for name, share in shares.items():
        if not bool(((share >= 0.0) & (share <= 1.0 + _ROUNDING)).all()):
            raise RanwrightError(
                "energy.load",
                f"{name} reaches from {float(share.min()):g} to {float(share.max()):g}.",
                "Give shares from 0 to 1, and a power of at most the reference power.",
                ExitCode.USAGE,
            )
