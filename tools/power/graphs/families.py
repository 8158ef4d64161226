"""Families of random interference graphs: the settings that published work trains and tests on.

A family draws blocks of :data:`BLOCK` graphs. A block follows from the family, the number of links,
a seed and the block's index alone, so graph n of a stream is the same whatever the batch size.
"""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from contracts.errors import ExitCode, RanwrightError
from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.placement import (
    between_m,
    distances_m,
    normal,
    rayleigh_power,
    street_loss_db,
    uniform,
)

BLOCK = 64
"""Graphs that one seed draws together."""

_CUI_NOISE_DBM = -169.0 + 66.99  # 5 MHz
_CUI_PER_M2 = 50.0 / 1000.0**2
_P1411_HZ, _P1411_HEIGHT_M = 2.4e9, 1.5


class Family(Protocol):
    """A distribution of graphs."""

    @property
    def name(self) -> str:
        """Stands in seeds, tables and model cards."""
        ...

    def draw(self, count: int, links: int, generator: torch.Generator) -> LinkGraphs:
        """Graphs on the generator's device."""
        ...


@dataclass(frozen=True)
class Mix:
    """Random device-to-device layouts of many kinds, one kind a graph. The training ground.

    20 to 600 links per square kilometre (log-uniform); wanted links from 2 m to 10-100 m; half of
    the graphs with ITU-R P.1411, half with log-distance loss of exponent 2.2-4 from 40 dB at 1 m;
    shadowing 0-8 dB; Rayleigh fading in half of them; 0-40 dBm in 5 MHz at -169 dBm/Hz.
    """

    name: str = "mix"

    def draw(self, count: int, links: int, generator: torch.Generator) -> LinkGraphs:
        """See :meth:`Family.draw`."""
        per_km2 = 20.0 * 30.0 ** uniform(0.0, 1.0, (count,), generator)
        side_m = 1000.0 * (links / per_km2).sqrt()
        farthest_m = 10.0 ** uniform(1.0, 2.0, (count,), generator)
        nearest_m = torch.full_like(farthest_m, 2.0)
        apart_m = distances_m(links, side_m, nearest_m, farthest_m, generator)
        one = (count, 1, 1)
        exponent = uniform(2.2, 4.0, one, generator)
        by_distance = 40.0 + 10.0 * exponent * torch.log10(apart_m)
        in_street = street_loss_db(apart_m, _P1411_HZ, _P1411_HEIGHT_M)
        loss_db = torch.where(coin(one, generator), by_distance, in_street)
        spread_db = uniform(0.0, 8.0, one, generator)
        loss_db = loss_db + spread_db * normal((count, links, links), generator)
        snr_db = uniform(0.0, 40.0, one, generator) - loss_db - _CUI_NOISE_DBM
        fading = rayleigh_power((count, links, links), generator)
        return plain(linear(snr_db) * torch.where(coin(one, generator), fading, 1.0))


@dataclass(frozen=True)
class Cui:
    """Device-to-device links of Cui, Shen, Yu, IEEE J. Sel. Areas Commun. 37 (2019).

    50 links per square kilometre (1000 m square for 50), wanted links of 2-65 m, ITU-R P.1411 at
    2.4 GHz and 1.5 m, 2.5 dB antenna gain on the wanted link, 40 dBm in 5 MHz at -169 dBm/Hz.
    """

    name: str = "cui"

    def draw(self, count: int, links: int, generator: torch.Generator) -> LinkGraphs:
        """See :meth:`Family.draw`."""
        full = torch.ones(count, device=generator.device)
        side_m = full * (links / _CUI_PER_M2) ** 0.5
        apart_m = distances_m(links, side_m, 2.0 * full, 65.0 * full, generator)
        snr_db = 40.0 - street_loss_db(apart_m, _P1411_HZ, _P1411_HEIGHT_M) - _CUI_NOISE_DBM
        eye = torch.eye(links, device=generator.device)
        return plain(linear(snr_db + 2.5 * eye))


@dataclass(frozen=True)
class AdHoc:
    """Ad hoc network of UWMMSE (Chowdhury et al., IEEE Trans. Wireless Commun. 20, 2021).

    K transmitters uniform in [-K, K]^2 metres, receivers displaced by up to K / 4 in both
    coordinates, amplitude ``d^-2.2`` times Rayleigh fading of scale 1, noise -91 dB.
    """

    name: str = "adhoc"

    def draw(self, count: int, links: int, generator: torch.Generator) -> LinkGraphs:
        """See :meth:`Family.draw`."""
        shape = (count, links, 2)
        sender = uniform(-links, links, shape, generator)
        receiver = sender + uniform(-links / 4.0, links / 4.0, shape, generator)
        fading = 2.0 * rayleigh_power((count, links, links), generator)
        return plain(between_m(receiver, sender) ** -4.4 * fading * 10.0**9.1)


@dataclass(frozen=True)
class EqualGain:
    """Dense graphs whose interference is as strong as the wanted links: the hard ones.

    ``power=False`` takes the amplitude of complex Gaussian channels as the gain, over noise 0.1,
    as PCGNN does (Shen et al., IEEE J. Sel. Areas Commun. 39, 2021); ``power=True`` the power, at
    a mean SNR of 10 dB: the Gaussian interference channel.
    """

    name: str
    power: bool

    def draw(self, count: int, links: int, generator: torch.Generator) -> LinkGraphs:
        """See :meth:`Family.draw`."""
        gain = rayleigh_power((count, links, links), generator)
        return plain(10.0 * (gain if self.power else gain.sqrt()))


@dataclass(frozen=True)
class Varied:
    """Another family's gains with weights and limits of all kinds.

    Weights are log-uniform over 20 dB with mean 1 in each graph, limits log-uniform over 10 dB.
    """

    family: Family

    @property
    def name(self) -> str:
        """See :attr:`Family.name`."""
        return f"{self.family.name}_varied"

    def draw(self, count: int, links: int, generator: torch.Generator) -> LinkGraphs:
        """See :meth:`Family.draw`."""
        graphs = self.family.draw(count, links, generator)
        weight = linear(uniform(0.0, 20.0, (count, links), generator))
        limit = linear(uniform(-10.0, 0.0, (count, links), generator))
        return LinkGraphs(graphs.gain, weight / weight.mean(1, keepdim=True), limit)


def plain(gain: Tensor) -> LinkGraphs:
    """Graphs of unit weights and full power."""
    ones = gain.new_ones(gain.shape[:2])
    return LinkGraphs(gain, ones, ones)


def coin(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """True with probability one half."""
    return uniform(0.0, 1.0, shape, generator) < 0.5


def linear(decibel: Tensor) -> Tensor:
    """Ratio of a level in dB."""
    return torch.pow(10.0, decibel / 10.0)


MIX, CUI, ADHOC = Mix(), Cui(), AdHoc()
PCGNN, GAUSSIAN = EqualGain("pcgnn", power=False), EqualGain("gaussian", power=True)
FAMILIES: dict[str, Family] = {f.name: f for f in (MIX, CUI, ADHOC, PCGNN, GAUSSIAN)}
TRAINING = (MIX, CUI, PCGNN, GAUSSIAN)
"""Families that models are trained on."""
HELD_OUT = (ADHOC,)
"""The family that no training sees."""


def family_called(name: str) -> Family:
    """A family by name.

    Raises:
        RanwrightError: ``graph.unknown_family``.
    """
    if name in FAMILIES:
        return FAMILIES[name]
    raise RanwrightError(
        "graph.unknown_family",
        f"No family of graphs is called {name!r}.",
        f"Choose one of: {', '.join(FAMILIES)}.",
        ExitCode.USAGE,
    )
