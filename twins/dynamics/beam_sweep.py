"""Beam management: sweeps of SSB and CSI-RS, what goes stale between them, and what they cost.

An SSB sweep finds a wide beam (P-1 of TR 38.802 clause 6.1.6.1) and a sweep of CSI-RS with
repetition off the narrow beam within it (P-2; TS 38.214 clause 5.1.6.1.2). The UE's own beam (P-3)
does not appear: UEs are isotropic here.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from contracts.errors import ExitCode, RanwrightError

SSB_PERIODS_MS = (5, 10, 20, 40, 80, 160)
"""ssb-periodicityServingCell, TS 38.331 ServingCellConfigCommon."""

L1_RSRP_RANGE_DBM = (-140.0, -44.0)
"""Reported in steps of 1 dB, TS 38.214 clause 5.2.1.4.3."""

_SYMBOLS = 14
_SUBCARRIERS = 12


@dataclass(frozen=True)
class MeasurementError:
    """Gaussian error of an L1-RSRP, independent between beams (TS 38.133 clause 10.1.19 bounds it).

    Args:
        deviation_db: its standard deviation.
        generator: its source.
    """

    deviation_db: float
    generator: torch.Generator


@dataclass(frozen=True)
class BeamReport:
    """What UEs report of a sweep, ``[...]``: index of the strongest beam, and its L1-RSRP."""

    beam: Tensor
    rsrp_dbm: Tensor


def ssb_sweep(rsrp_dbm: Tensor, error: MeasurementError | None = None) -> BeamReport:
    """The beam that measures strongest.

    The UE compares what it measured; the resolution of 1 dB is that of the report.

    Args:
        rsrp_dbm: true SS-RSRP of each beam (TS 38.215 clause 5.1.1), ``[..., beams]``.
        error: of the measurement; None measures exactly.
    """
    measured = rsrp_dbm
    if error is not None:
        noise = torch.randn(rsrp_dbm.shape, generator=error.generator)
        measured = rsrp_dbm + error.deviation_db * noise
    best = measured.max(-1)
    return BeamReport(best.indices, best.values.round().clamp(*L1_RSRP_RANGE_DBM))


def csi_rs_sweep(
    rsrp_dbm: Tensor,
    ssb_beam: Tensor,
    refinements: Tensor,
    error: MeasurementError | None = None,
) -> BeamReport:
    """The strongest narrow beam within each UE's SSB beam.

    Args:
        rsrp_dbm: true CSI-RSRP of every narrow beam (TS 38.215 clause 5.1.2), ``[..., narrow]``.
        ssb_beam: ``[...]``.
        refinements: bool ``[wide, narrow]``, see :func:`twins.dynamics.beams.refinements`.
        error: see :func:`ssb_sweep`.
    """
    return ssb_sweep(rsrp_dbm.masked_fill(~refinements[ssb_beam], -torch.inf), error)


@dataclass(frozen=True)
class Track:
    """Beams over time, ``[..., T]``.

    Args:
        ssb_beam: wide beam in use.
        beam: narrow beam in use.
        loss_db: its gain below the best narrow beam of the codebook at that moment.
    """

    ssb_beam: Tensor
    beam: Tensor
    loss_db: Tensor


@dataclass(frozen=True)
class BeamTracker:
    """Beams held from one sweep to the next; both sweeps begin at time 0.

    Args:
        ssb_period_ms: one of :data:`SSB_PERIODS_MS`.
        csi_rs_period_ms: of the refinement.
        delay_ms: from a sweep to the use of its beam: report and TCI state (TS 38.133 clause 8.10).

    Raises:
        RanwrightError: ``beams.period``.
    """

    ssb_period_ms: int
    csi_rs_period_ms: int
    delay_ms: int = 0

    def __post_init__(self) -> None:
        _check_period(self.ssb_period_ms)

    def track(
        self,
        ssb_rsrp_dbm: Tensor,
        csi_rsrp_dbm: Tensor,
        refinements: Tensor,
        step_ms: int,
        error: MeasurementError | None = None,
    ) -> Track:
        """Follow UEs through samples of their cell's beams.

        Args:
            ssb_rsrp_dbm: of the wide beams, ``[..., T, wide]``; gains do as well without an error.
            csi_rsrp_dbm: of the narrow beams, ``[..., T, narrow]``.
            refinements: bool ``[wide, narrow]``.
            step_ms: between two samples; a sweep between them sees the earlier one.
            error: see :func:`ssb_sweep`.
        """
        time_ms = torch.arange(csi_rsrp_dbm.shape[-2]) * step_ms
        swept = self._last_sweep_ms(time_ms, self.ssb_period_ms) // step_ms
        refined = self._last_sweep_ms(time_ms, self.csi_rs_period_ms) // step_ms
        ssb_beam = ssb_sweep(ssb_rsrp_dbm, error).beam[..., swept]
        beam = csi_rs_sweep(csi_rsrp_dbm, ssb_beam, refinements, error).beam[..., refined]
        used_dbm = csi_rsrp_dbm.gather(-1, beam[..., None]).squeeze(-1)
        return Track(ssb_beam, beam, csi_rsrp_dbm.amax(-1) - used_dbm)

    def _last_sweep_ms(self, time_ms: Tensor, period_ms: int) -> Tensor:
        return ((time_ms - self.delay_ms) // period_ms * period_ms).clamp(min=0)


def interpolated(gain_db: Tensor, steps: int) -> Tensor:
    """Gains on the way between points, linear in dB.

    Args:
        gain_db: at K successive points, ``[..., K, beams]``.
        steps: from one point to the next.

    Returns:
        ``[..., (K - 1) * steps + 1, beams]``, from the first point to the last.
    """
    share = torch.arange(steps)[:, None] / steps
    here, there = gain_db[..., :-1, None, :], gain_db[..., 1:, None, :]
    between = (here + share * (there - here)).flatten(-3, -2)
    return torch.cat([between, gain_db[..., -1:, :]], -2)


def ssb_overhead(
    beams: int,
    period_ms: int,
    subcarrier_spacing_khz: int,
    resource_blocks: int,
    *,
    whole_symbols: bool = False,
) -> float:
    """Share of a carrier's resource elements that SSB bursts take.

    A block is 4 symbols of 20 resource blocks (TS 38.211 clause 7.4.3.1), in the carrier's own
    numerology.

    Args:
        beams: blocks in a burst.
        period_ms: one of :data:`SSB_PERIODS_MS`.
        subcarrier_spacing_khz: 15 * 2^mu.
        resource_blocks: of the carrier.
        whole_symbols: nothing else fits beside a block, as with analogue beams. The share is then
            also that of the time in which an otherwise idle cell is active.

    Raises:
        RanwrightError: ``beams.period``, or ``beams.burst`` above L_max (TS 38.213 clause 4.1: 8
            up to 30 kHz, 64 above).
    """
    _check_period(period_ms)
    most = 8 if subcarrier_spacing_khz <= 30 else 64
    if not 1 <= beams <= most or resource_blocks < 20:
        raise RanwrightError(
            "beams.burst",
            f"{beams} beams at {subcarrier_spacing_khz} kHz in {resource_blocks} resource blocks.",
            f"Give 1 to {most} beams and at least 20 resource blocks.",
            ExitCode.USAGE,
        )
    symbols = 4 * beams / (_SYMBOLS * period_ms * subcarrier_spacing_khz / 15)
    return symbols if whole_symbols else symbols * 20 / resource_blocks


def csi_rs_overhead(
    resources: int,
    period_ms: float,
    subcarrier_spacing_khz: int,
    *,
    density: int = 3,
    whole_symbols: bool = False,
) -> float:
    """Share of a carrier's resource elements that periodic CSI-RS of one port take.

    Args:
        resources: in a period: beams in a refinement, times the sets of different UEs.
        period_ms: of all of them.
        subcarrier_spacing_khz: 15 * 2^mu.
        density: elements in a resource block, 1 or 3 (TS 38.211 Table 7.4.1.5.3-1).
        whole_symbols: as for :func:`ssb_overhead`.
    """
    symbols = resources / (_SYMBOLS * period_ms * subcarrier_spacing_khz / 15)
    return symbols if whole_symbols else symbols * density / _SUBCARRIERS


def _check_period(ssb_period_ms: int) -> None:
    if ssb_period_ms not in SSB_PERIODS_MS:
        raise RanwrightError(
            "beams.period",
            f"An SSB period of {ssb_period_ms} ms does not exist.",
            f"Use one of {', '.join(map(str, SSB_PERIODS_MS))} ms.",
            ExitCode.USAGE,
        )
