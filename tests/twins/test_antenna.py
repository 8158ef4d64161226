import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from twins.antenna import (
    ColumnAntenna,
    antenna_gain_dbi,
    column_factor_db,
    sector_gain_dbi,
)
from twins.scenario import SectorAntenna

ANTENNA = SectorAntenna(
    max_gain_dbi=17.0,
    horizontal_beamwidth_deg=65.0,
    vertical_beamwidth_deg=10.0,
    front_to_back_db=30.0,
    side_lobe_db=20.0,
)


def gain(azimuth: float, elevation: float, tilt: float = 0.0) -> float:
    return float(sector_gain_dbi(ANTENNA, torch.tensor(azimuth), torch.tensor(elevation), tilt))


def test_maximum_at_boresight() -> None:
    assert gain(0.0, 0.0) == 17.0


@pytest.mark.parametrize("azimuth", [32.5, -32.5, 327.5, 392.5])
def test_three_db_at_half_the_horizontal_beamwidth(azimuth: float) -> None:
    assert gain(azimuth, 0.0) == pytest.approx(14.0, abs=1e-4)


@pytest.mark.parametrize("elevation", [5.0, -5.0])
def test_three_db_at_half_the_vertical_beamwidth(elevation: float) -> None:
    assert gain(0.0, elevation) == pytest.approx(14.0, abs=1e-4)


def test_side_lobes_and_back_are_limited() -> None:
    assert gain(0.0, 80.0) == pytest.approx(17.0 - 20.0)
    assert gain(180.0, 0.0) == pytest.approx(17.0 - 30.0)
    assert gain(180.0, 80.0) == pytest.approx(17.0 - 30.0)


@pytest.mark.parametrize("tilt", [0.0, 4.0, 10.0])
def test_tilt_moves_the_vertical_maximum_down(tilt: float) -> None:
    elevation = torch.arange(-30.0, 30.1, 0.5)
    pattern = sector_gain_dbi(ANTENNA, torch.tensor(0.0), elevation, tilt)
    assert float(elevation[pattern.argmax()]) == -tilt


@given(
    azimuth=st.floats(-720, 720, width=32),
    elevation=st.floats(-90, 90, width=32),
    tilt=st.floats(-20, 20, width=32),
)
def test_bounded_and_symmetric(azimuth: float, elevation: float, tilt: float) -> None:
    value = gain(azimuth, elevation, tilt)
    assert -13.0 <= value <= 17.0
    assert math.isclose(value, gain(-azimuth, elevation, tilt), abs_tol=1e-3)


COLUMN = ColumnAntenna(elements=10, spacing_wavelengths=0.5)


@pytest.mark.parametrize("tilt", [0.0, 6.0, 12.0])
def test_a_column_points_where_it_is_tilted(tilt: float) -> None:
    elevation = torch.arange(-30.0, 30.01, 0.5)
    factor = column_factor_db(COLUMN, elevation, tilt)
    assert float(elevation[factor.argmax()]) == -tilt
    assert float(factor.max()) == pytest.approx(10.0, abs=1e-4)


def test_a_column_radiates_no_more_than_its_elements() -> None:
    # the mean over the sphere of an array half a wavelength apart is that of one element
    sine = torch.linspace(-1.0, 1.0, 20_001, dtype=torch.float64)
    factor = column_factor_db(COLUMN, torch.rad2deg(torch.asin(sine)), 12.0)
    assert float(torch.pow(10.0, factor / 10.0).mean()) == pytest.approx(1.0, abs=1e-3)


def test_a_column_is_its_element_times_its_factor() -> None:
    azimuth, elevation = torch.tensor(40.0), torch.tensor(-3.0)
    whole = antenna_gain_dbi(COLUMN, azimuth, elevation, 6.0)
    element = sector_gain_dbi(COLUMN.element, azimuth, elevation, 0.0)
    assert float(whole - element) == pytest.approx(float(column_factor_db(COLUMN, elevation, 6.0)))
