"""Beams of a cell: a panel of elements, its DFT codebooks, and their gains over traced paths.

A beam replaces the sector pattern of :mod:`twins.antenna`, which already holds the gain of a column
and its tilt: use :func:`beam_gain_db` instead of ``links.gain_db``, never the sum of the two.

Two things are left out. Polarisation: one port carries all power, as if both polarisations of a
dual-polarised panel sent the same beam. Phases between paths: each path is weighted by the array
factor in its direction, and their powers add up, which is the mean over random phases; a beam that
would be shaped to several paths at once is not in such a codebook anyway.
"""

from typing import Self

import torch
from pydantic import Field, model_validator
from torch import Tensor

from contracts.canonical import Contract
from twins.antenna import ELEMENT, sector_gain_dbi
from twins.channel import NO_PATH_DB, TracedLinkMap
from twins.scenario import SectorAntenna


class Panel(Contract):
    """A uniform planar panel (TR 38.901 clause 7.3); columns count to the left, rows upwards."""

    rows: int = Field(ge=1)
    columns: int = Field(ge=1)
    vertical_spacing_wavelengths: float = Field(default=0.5, gt=0)
    horizontal_spacing_wavelengths: float = Field(default=0.5, gt=0)
    element: SectorAntenna = Field(default=ELEMENT, description="TR 38.901 Table 7.3-1")


class Codebook(Contract):
    """Neighbouring DFT beams of the active part of a panel, centred on its boresight and tilt.

    Beams stand one DFT step apart (1 / (elements * spacing) in the direction cosine), so that they
    are orthogonal and cross at most 3.92 dB below their peaks in each of the two cuts. Beam
    ``h * vertical_beams + v`` counts from right to left and, within, from below to above.

    Fewer active elements make wider beams. All of the cell's power goes through them: they stand
    for a taper that widens a beam while every amplifier works, not for amplifiers switched off.
    """

    panel: Panel
    active_rows: int = Field(ge=1)
    active_columns: int = Field(ge=1)
    vertical_beams: int = Field(ge=1)
    horizontal_beams: int = Field(ge=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.vertical_beams <= self.active_rows <= self.panel.rows:
            raise ValueError("must be vertical_beams <= active_rows <= rows of the panel")
        if not self.horizontal_beams <= self.active_columns <= self.panel.columns:
            raise ValueError("must be horizontal_beams <= active_columns <= columns of the panel")
        return self

    @property
    def beams(self) -> int:
        """How many."""
        return self.vertical_beams * self.horizontal_beams

    @property
    def directions(self) -> Tensor:
        """Direction cosines of the beams to the left and, tilt apart, upwards, ``[beams, 2]``."""
        panel = self.panel
        left = _grid(
            self.horizontal_beams, self.active_columns * panel.horizontal_spacing_wavelengths
        )
        up = _grid(self.vertical_beams, self.active_rows * panel.vertical_spacing_wavelengths)
        return torch.cartesian_prod(left, up).reshape(self.beams, 2)

    def factors(
        self, azimuth_offset_deg: Tensor, elevation_deg: Tensor, tilt_deg: Tensor | float
    ) -> tuple[Tensor, Tensor]:
        """Array factors in power, whose product over a beam's cuts is its gain over the element.

        Args:
            azimuth_offset_deg: from the panel's boresight, counter-clockwise, ``[...]``.
            elevation_deg: above the panel's horizon, ``[...]``.
            tilt_deg: electrical, down positive; broadcasts.

        Returns:
            Horizontal ``[..., horizontal_beams]`` and vertical ``[..., vertical_beams]``.
        """
        azimuth, elevation = torch.deg2rad(azimuth_offset_deg), torch.deg2rad(elevation_deg)
        left = torch.cos(elevation) * torch.sin(azimuth)
        up = torch.sin(elevation) + torch.sin(torch.deg2rad(torch.as_tensor(tilt_deg)))
        panel, directions = self.panel, self.directions
        return (
            _fejer(
                left[..., None] - directions[:: self.vertical_beams, 0],
                self.active_columns,
                panel.horizontal_spacing_wavelengths,
            ),
            _fejer(
                up[..., None] - directions[: self.vertical_beams, 1],
                self.active_rows,
                panel.vertical_spacing_wavelengths,
            ),
        )


MACRO_PANEL = Panel(rows=8, columns=8, vertical_spacing_wavelengths=0.8)
"""(8, 8, 2) with (dH, dV) = (0.5, 0.8) wavelengths, 3GPP's usual FR1 macro panel.

At 0.5 by 0.5 the gains of the element and of the array would multiply to more power than is fed (by
2.5 dB), since coupling is ignored; at this spacing no beam exceeds it by more than 0.7 dB.
"""

SSB_BEAMS = Codebook(
    panel=MACRO_PANEL, active_rows=4, active_columns=4, vertical_beams=2, horizontal_beams=4
)
"""Eight wide beams: L_max of FR1 above 3 GHz (TS 38.213 clause 4.1)."""

CSI_RS_BEAMS = Codebook(
    panel=MACRO_PANEL, active_rows=8, active_columns=8, vertical_beams=4, horizontal_beams=8
)
"""Thirty-two narrow beams, four within each of :data:`SSB_BEAMS`."""


def refinements(wide: Codebook, narrow: Codebook) -> Tensor:
    """Which narrow beams refine a wide one: those nearest to its direction.

    Returns:
        bool ``[wide.beams, narrow.beams]``; each narrow beam refines exactly one.
    """
    nearest = torch.cdist(narrow.directions, wide.directions).argmin(-1)
    return torch.nn.functional.one_hot(nearest, wide.beams).bool().T


def beam_gain_db(
    links: TracedLinkMap,
    codebook: Codebook,
    tilt_deg: Tensor | None = None,
    mechanical_tilt_deg: Tensor | None = None,
) -> Tensor:
    """Mean path gain of every beam, dB; takes the place of ``links.gain_db``.

    Args:
        links: traced paths; their sector pattern is not applied.
        codebook: the beams of every cell.
        tilt_deg: electrical tilt of all beams of a cell, ``[..., C]``; default the scenario's.
        mechanical_tilt_deg: of the panel, down positive, ``[C]``; default none.

    Returns:
        ``[..., P, C, beams]``; ``NO_PATH_DB`` where no path arrives.
    """
    tilt = links.cell_tilt_deg if tilt_deg is None else tilt_deg
    azimuth = links.azimuth_deg[links.cell_site] - links.cell_azimuth_deg[:, None, None]
    elevation = links.elevation_deg[links.cell_site]
    if mechanical_tilt_deg is not None:
        azimuth, elevation = panel_angles(azimuth, elevation, mechanical_tilt_deg[:, None, None])
    element = sector_gain_dbi(codebook.panel.element, azimuth, elevation, 0.0)
    power = torch.pow(10.0, (links.path_gain_db[links.cell_site] + element) / 10.0)
    horizontal, vertical = codebook.factors(azimuth, elevation, tilt[..., None, None])
    total = (power[..., None] * horizontal).transpose(-1, -2) @ vertical
    gain = 10.0 * torch.log10(total.flatten(-2)).clamp(min=NO_PATH_DB / 10.0)
    return gain.transpose(-3, -2)


def panel_angles(
    azimuth_offset_deg: Tensor, elevation_deg: Tensor, mechanical_tilt_deg: Tensor
) -> tuple[Tensor, Tensor]:
    """Directions as a panel sees them that leans forward (TR 38.901 clause 7.1.3).

    Args:
        azimuth_offset_deg: from boresight, counter-clockwise; broadcasts.
        elevation_deg: above the horizon; broadcasts.
        mechanical_tilt_deg: down positive; broadcasts.

    Returns:
        Azimuth offset and elevation in the panel's frame, degrees.
    """
    azimuth, elevation = torch.deg2rad(azimuth_offset_deg), torch.deg2rad(elevation_deg)
    lean = torch.deg2rad(mechanical_tilt_deg)
    ahead = torch.cos(elevation) * torch.cos(azimuth)
    left = torch.cos(elevation) * torch.sin(azimuth)
    up = torch.sin(elevation)
    normal = ahead * torch.cos(lean) - up * torch.sin(lean)
    upwards = ahead * torch.sin(lean) + up * torch.cos(lean)
    return (
        torch.rad2deg(torch.atan2(left, normal)),
        torch.rad2deg(torch.asin(upwards.clamp(-1.0, 1.0))),
    )


def _grid(beams: int, aperture_wavelengths: float) -> Tensor:
    return (torch.arange(beams) - (beams - 1) / 2.0) / aperture_wavelengths


def _fejer(offset: Tensor, elements: int, spacing_wavelengths: float) -> Tensor:
    """|sum of unit phasors|^2 / elements at an offset of the direction cosine; peak ``elements``.

    As the cosine series of its square, which needs no limit at the peaks.
    """
    phase = 2.0 * torch.pi * spacing_wavelengths * offset
    total = torch.ones_like(phase)
    for lag in range(1, elements):
        total = total + 2.0 * (1.0 - lag / elements) * torch.cos(lag * phase)
    return total.clamp(min=0.0)
