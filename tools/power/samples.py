"""Posterior samples of the network: what the snapshot leaves open about gains, activity, windows.

A KPI is judged by two measured windows, one before and one after the action. They share the network
and differ in traffic, fading and measurement errors, so each sample carries both windows' noise.
"""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from contracts.network import NetworkSnapshot
from tools.power.knowledge import Knowledge, canonical
from tools.power.runtime import DTYPE
from twins.channel import load_link_map
from twins.conditioning import Posterior
from twins.flow import STEP_MS
from twins.reports import reading_deviation_db
from twins.scenario import Scenario

UE_RATE_DEVIATION = 0.02
"""Relative deviation of a UE's rate in a window of 10 s, from fading and its own activity."""
TRUSTED_EVERY = 4
"""Every so many samples keep the efficiency; the others follow the gains alone, as the twin."""
_REFERENCE_WINDOW_MS = 10_000


@dataclass(frozen=True)
class WindowNoise:
    """What one window adds to S networks: rate_factor [S, U], rsrp_error_db [S, U]."""

    rate_factor: Tensor
    rsrp_error_db: Tensor


@dataclass(frozen=True)
class NetworkSamples:
    """S possible networks, rows in the order of ``Knowledge``; the first is the measured one.

    Attributes:
        gain_db: [S, U, C].
        activity: [S, U].
        trust: [S] exponent of the efficiency that the present rates show: 1, it stays with the UE;
            0, it came from errors of the measured gains and says nothing about other powers.
        before, after: noise of the window before and after; none in the first sample.
    """

    gain_db: Tensor
    activity: Tensor
    trust: Tensor
    before: WindowNoise
    after: WindowNoise


class Sampler(Protocol):
    """Draws networks that agree with a snapshot; equal arguments give equal samples."""

    def __call__(
        self, snapshot: NetworkSnapshot, scenario: Scenario, known: Knowledge, count: int, seed: int
    ) -> NetworkSamples:
        """The measured network and ``count`` samples around it."""
        ...


def posterior_sampler(
    snapshot: NetworkSnapshot, scenario: Scenario, known: Knowledge, count: int, seed: int
) -> NetworkSamples:
    """Networks from the twin's posterior: fingerprint on the link map, then Gaussian."""
    generator = torch.Generator().manual_seed(seed)
    posterior = Posterior(scenario, load_link_map(scenario), canonical(snapshot))
    draw = posterior.sample(count, generator)
    return _samples(scenario, snapshot, known, draw.gain_db, draw.activity, generator)


def gaussian_sampler(
    snapshot: NetworkSnapshot, scenario: Scenario, known: Knowledge, count: int, seed: int
) -> NetworkSamples:
    """Independent Gaussian error of each link in dB, and of each cell's activity.

    Needs no link map. Deviations: :class:`Knowledge` for gains, the scenario's uncertainty for the
    activity, common to the UEs of a cell. Antithetic pairs halve the sampling error of the mean.
    """
    generator = torch.Generator().manual_seed(seed)
    half = (count + 1) // 2
    ues, cells = known.gain_db.shape
    errors = _antithetic(torch.randn(half, ues, cells, generator=generator, dtype=DTYPE), count)
    cell = _antithetic(torch.randn(half, cells, generator=generator, dtype=DTYPE), count)
    activity = known.activity + scenario.uncertainty.activity * cell[:, known.serving]
    gain_db = known.gain_db + errors * known.gain_sd_db
    return _samples(scenario, snapshot, known, gain_db, activity, generator)


def _samples(
    scenario: Scenario,
    snapshot: NetworkSnapshot,
    known: Knowledge,
    gain_db: Tensor,
    activity: Tensor,
    generator: torch.Generator,
) -> NetworkSamples:
    held = activity.to(DTYPE).clamp(0.05, 0.999)
    window_ms = snapshot.window_ms
    error_db = reading_deviation_db(scenario.measurement, snapshot.reports)
    return NetworkSamples(
        gain_db=torch.cat([known.gain_db[None], gain_db.to(DTYPE)]),
        activity=torch.cat([known.activity[None], held]),
        trust=(torch.arange(len(held) + 1) % TRUSTED_EVERY == 0).to(DTYPE),
        before=_window_noise(known, held, window_ms, error_db, generator),
        after=_window_noise(known, held, window_ms, error_db, generator),
    )


def _window_noise(
    known: Knowledge, activity: Tensor, window_ms: int, error_db: float, generator: torch.Generator
) -> WindowNoise:
    """Noise of one window: shares vary with the number of active UEs (common to a cell), and rates
    with fading (each UE on its own); both average out with the square root of the steps.
    """
    count, ues = activity.shape
    cells = len(known.cell_ids)
    steps = max(1.0, window_ms / STEP_MS)
    spread = share_spread(known.serving, activity[0]) / steps**0.5
    shared = torch.randn(count, cells, generator=generator, dtype=DTYPE)[:, known.serving]
    own = torch.randn(count, ues, generator=generator, dtype=DTYPE)
    own = own * UE_RATE_DEVIATION * (_REFERENCE_WINDOW_MS / window_ms) ** 0.5
    error = torch.randn(count, ues, generator=generator, dtype=DTYPE) * error_db
    return WindowNoise(
        rate_factor=torch.cat([torch.ones(1, ues, dtype=DTYPE), torch.exp(spread * shared + own)]),
        rsrp_error_db=torch.cat([torch.zeros(1, ues, dtype=DTYPE), error]),
    )


def share_spread(serving: Tensor, activity: Tensor) -> Tensor:
    """[U] relative deviation, in one step, of the share ``1 / (1 + N)`` of an active UE.

    N is the number of other active UEs in its cell, binomial; first-order in its deviation for
    crowded cells, exact enough for the others.
    """
    others = torch.bincount(serving)[serving].to(DTYPE) - 1.0
    deviation = (others * activity * (1.0 - activity)).sqrt()
    return deviation / (1.0 + others * activity) / activity.sqrt()


def _antithetic(draws: Tensor, count: int) -> Tensor:
    return torch.cat([draws, -draws])[:count]
