"""Serving UEs: one stream a UE, sent by one site, all on the same resource.

    SINR_k = |h_k w_k|^2 / (sum_{j != k} |h_kj w_j|^2 + noise)

with ``h_kj`` the channel from the site that sends stream ``j`` to UE ``k``: a multi-cell downlink
with full interference. Dark zones and sectors limit what all streams together bring there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from contracts.errors import ExitCode, RanwrightError
from tools.beams.design.arrays import ArraySite, Complex, Real
from tools.beams.design.quadratic import PowerMap
from tools.beams.design.requirements import BeamRequirements
from tools.beams.design.scene import Scene
from tools.beams.design.zone_problem import Caps, caps, mixed
from twins.runtime import derive_seed


@dataclass(frozen=True)
class LinkProblem:
    """Everything in milliwatts; see the module.

    Args:
        sites: S sites that may send.
        channels: ``[K, N_s]`` of each site; a row times a precoder is the field at a UE.
        serving: site of each UE's stream, ``[K]``.
        noise_mw: at each UE.
        minimum_sinr: ratios ``[K]``; 0 where none is asked for.
        names: of the UEs.
        caps: dark points and forbidden directions.
        pooled: the sites' power limits count as one limit on their sum.
    """

    sites: tuple[ArraySite, ...]
    channels: tuple[Complex, ...]
    serving: NDArray[np.intp]
    noise_mw: float
    minimum_sinr: Real
    names: tuple[str, ...]
    caps: Caps
    pooled: bool = False

    def served(self, site: int) -> NDArray[np.intp]:
        """UEs of a site, in the order of its precoders."""
        return np.flatnonzero(self.serving == site)

    def without_caps(self) -> "LinkProblem":
        """The problem under power limits alone."""
        sizes = [rows.shape[1] for rows in self.channels]
        return replace(self, caps=Caps(PowerMap.empty(sizes), np.zeros(0), ()))

    def fields(self, beams: Sequence[Complex]) -> Complex:
        """Field of each stream at each UE, ``[K, K]``, streams in the order of UEs.

        Args:
            beams: precoders ``[N_s, K_s]`` of each site.
        """
        found = np.zeros((len(self.serving),) * 2, np.complex128)
        for site, (rows, beam) in enumerate(zip(self.channels, beams, strict=True)):
            found[:, self.served(site)] = rows @ beam
        return found

    def sinr(self, beams: Sequence[Complex]) -> Real:
        """SINR ratio of each UE, ``[K]``."""
        power = abs(self.fields(beams)) ** 2
        own = np.diagonal(power).copy()
        np.fill_diagonal(power, 0.0)
        found: Real = own / (power.sum(axis=1) + self.noise_mw)
        return found

    def rates_bps_hz(self, beams: Sequence[Complex]) -> Real:
        """Spectral efficiency ``log2(1 + SINR)`` of each UE, ``[K]``."""
        return np.log2(1.0 + self.sinr(beams))

    def use(self, beams: Sequence[Complex]) -> Real:
        """What is used of each power limit and then of each cap, as shares."""
        powers = np.array([(abs(beam) ** 2).sum() for beam in beams])
        most = np.array([site.max_power_mw for site in self.sites])
        own = np.array([powers.sum() / most.sum()]) if self.pooled else powers / most
        shares = self.caps.powers.powers(beams) / self.caps.limit_mw
        return np.concatenate([own, shares])

    def within_limits(self, beams: Sequence[Complex]) -> tuple[Complex, ...]:
        """All beams scaled down together until every limit holds."""
        factor = 1.0 / np.sqrt(max(1.0, float(self.use(beams).max()) * (1.0 + 1e-12)))
        return tuple(factor * beam for beam in beams)


def link_problem(scene: Scene, wanted: BeamRequirements, seed: int = 0) -> LinkProblem:
    """Requirements on UEs as numbers; each UE is served by the site it hears best.

    Phases between the paths of a UE are drawn with the seed.

    Raises:
        RanwrightError: ``beams.no_ue``, ``beams.mixed``, and those of the scene.
    """
    if not wanted.ues:
        raise RanwrightError("beams.no_ue", "There is no UE to serve.", "Name UEs.", ExitCode.USAGE)
    if wanted.bright:
        raise mixed()
    sites = scene.limited(wanted.powers)
    points = np.array([ue.position_m for ue in wanted.ues], dtype=np.float64)
    random = np.random.default_rng(derive_seed("beam-phases", seed))
    channels: list[Complex] = []
    for rows in scene.propagation.rows(sites, points):
        paths = rows.shape[1]
        turn = np.exp(2j * np.pi * random.uniform(size=(len(points), paths)))
        channels.append((rows * turn[..., None]).sum(axis=1))
    heard = [
        (abs(rows) ** 2).sum(axis=1) * site.max_power_mw
        for rows, site in zip(channels, sites, strict=True)
    ]
    minimum = [0.0 if ue.minimum is None else ue.minimum.sinr for ue in wanted.ues]
    return LinkProblem(
        sites=sites,
        channels=tuple(channels),
        serving=np.argmax(np.stack(heard), axis=0),
        noise_mw=scene.noise_mw,
        minimum_sinr=np.array(minimum),
        names=tuple(ue.name for ue in wanted.ues),
        caps=caps(scene, sites, wanted),
    )
