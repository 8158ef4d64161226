"""Planar antenna arrays: where they stand, and what they send into a direction."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from twins.antenna import ELEMENT, sector_gain_dbi
from twins.scenario import SectorAntenna

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]

SPEED_OF_LIGHT_M_S = 299_792_458.0


@dataclass(frozen=True)
class PlanarArray:
    """Equal elements on a panel, one polarisation (TR 38.901 7.3).

    Args:
        rows: elements above each other.
        columns: elements beside each other.
        azimuth_deg: boresight, counter-clockwise from +x.
        downtilt_deg: mechanical, down positive.
        spacing_wavelengths: between neighbours, both ways.
        element: pattern of one element, about the panel's own boresight.
    """

    rows: int
    columns: int
    azimuth_deg: float
    downtilt_deg: float = 0.0
    spacing_wavelengths: float = 0.5
    element: SectorAntenna = ELEMENT

    @property
    def elements(self) -> int:
        """N = rows times columns."""
        return self.rows * self.columns

    def response(self, directions: Real) -> Complex:
        """Field of each element in a direction, relative to an isotropic radiator.

        Args:
            directions: unit vectors away from the array, ``[..., 3]``.

        Returns:
            ``[..., N]``; ``abs(response @ w) ** 2`` over the power of ``w`` is the gain towards
            the direction as a ratio. Phases are those of a plane wave (far field).
        """
        local = directions @ self._axes().T
        azimuth_deg = np.degrees(np.arctan2(local[..., 1], local[..., 0]))
        elevation_deg = np.degrees(np.arcsin(np.clip(local[..., 2], -1.0, 1.0)))
        gain_dbi = sector_gain_dbi(
            self.element, torch.as_tensor(azimuth_deg), torch.as_tensor(elevation_deg), 0.0
        ).numpy()
        step = 2.0 * math.pi * self.spacing_wavelengths
        horizontal = np.arange(self.columns) - (self.columns - 1) / 2
        vertical = np.arange(self.rows) - (self.rows - 1) / 2
        phase = step * (
            local[..., 1, None, None] * horizontal[None, :]
            + local[..., 2, None, None] * vertical[:, None]
        )
        field = np.exp(1j * phase) * 10.0 ** (gain_dbi[..., None, None] / 20.0)
        found: Complex = field.reshape(*directions.shape[:-1], self.elements)
        return found

    def _axes(self) -> Real:
        """Boresight, left and up of the panel as rows."""
        azimuth, tilt = math.radians(self.azimuth_deg), math.radians(self.downtilt_deg)
        ca, sa, ct, st = math.cos(azimuth), math.sin(azimuth), math.cos(tilt), math.sin(tilt)
        return np.array([[ca * ct, sa * ct, -st], [-sa, ca, 0.0], [ca * st, sa * st, ct]])


@dataclass(frozen=True)
class ArraySite:
    """A place that may send: one array, with the most power it can send.

    Args:
        name: unique in a scene.
        position_m: x, y, height.
        array: the panel.
        max_power_mw: of all elements together.
    """

    name: str
    position_m: tuple[float, float, float]
    array: PlanarArray
    max_power_mw: float


def unit_vectors(azimuth_deg: Real, elevation_deg: Real) -> Real:
    """Directions ``[..., 3]`` from azimuth counter-clockwise from +x and elevation."""
    azimuth, elevation = np.radians(azimuth_deg), np.radians(elevation_deg)
    flat = np.cos(elevation)
    return np.stack([flat * np.cos(azimuth), flat * np.sin(azimuth), np.sin(elevation)], axis=-1)


def wavelength_m(frequency_hz: float) -> float:
    """Of a carrier in free space."""
    return SPEED_OF_LIGHT_M_S / frequency_hz
