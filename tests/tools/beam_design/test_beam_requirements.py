"""Requirements say what is wrong with them, and with which code."""

import pytest

from contracts.errors import ExitCode, RanwrightError
from tools.beams.design.requirements import (
    COMPASS_DEG,
    BeamRequirements,
    RateMinimum,
    SinrMinimum,
    compass_sector,
    parse_requirements,
)

SQUARE = {"kind": "polygon", "corners_m": [[0, 0], [10, 0], [10, 10], [0, 10]]}
BRIGHT = {"name": "square", "area": SQUARE}


def test_what_is_valid_survives_json() -> None:
    given = {
        "bright": [BRIGHT | {"minimum_dbm": -60.0}],
        "dark": [
            {
                "name": "stadium",
                "area": {"kind": "circle", "centre_m": [50, 0], "radius_m": 20},
                "maximum_dbm": -80.0,
            }
        ],
        "ues": [
            {"name": "u1", "position_m": [0, 5], "minimum": {"kind": "sinr", "minimum_sinr_db": 3}}
        ],
        "powers": [{"site": "a", "maximum_dbm": 40.0}],
    }
    found = parse_requirements(given)
    assert BeamRequirements.parse(found.canonical()) == found
    assert parse_requirements(found.canonical()) == found


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"bright": []}, "beams.nothing_wanted"),
        ({"bright": [BRIGHT, BRIGHT]}, "beams.name_repeated"),
        ({"powers": [{"site": "a", "maximum_dbm": 1}] * 2}, "beams.name_repeated"),
        ({"dark": [{"name": "d", "area": SQUARE}]}, "beams.malformed"),
        ({"dark": [{"name": "d", "area": SQUARE, "maximum_dbm": float("nan")}]}, "beams.malformed"),
        ({"site_count": 0}, "beams.malformed"),
        ({"colour": "blue"}, "beams.malformed"),
        (
            {"sectors": [{"name": "s", "from_deg": 9, "to_deg": 9, "maximum_gain_dbi": 0}]},
            "beams.sector_empty",
        ),
    ],
)
def test_what_is_not_valid_is_named(change: dict[str, object], code: str) -> None:
    with pytest.raises(RanwrightError) as caught:
        parse_requirements({"bright": [BRIGHT]} | change)
    assert (caught.value.code, caught.value.exit_code) == (code, ExitCode.USAGE)


@pytest.mark.parametrize(
    ("corners", "code"),
    [
        ([[0, 0], [10, 10], [10, 0], [0, 10]], "beams.zone_crosses_itself"),
        ([[0, 0], [10, 0], [5, 0]], "beams.zone_degenerate"),
        ([[0, 0], [10, 0], [10, 0], [0, 10]], "beams.zone_degenerate"),
        ([[0, 0], [10, 0]], "beams.malformed"),
    ],
)
def test_polygons_that_are_none(corners: list[list[float]], code: str) -> None:
    area = {"kind": "polygon", "corners_m": corners}
    with pytest.raises(RanwrightError) as caught:
        parse_requirements({"bright": [{"name": "z", "area": area}]})
    assert caught.value.code == code


def test_compass_words_cover_the_circle_once() -> None:
    sectors = [compass_sector(word, 3.0) for word in COMPASS_DEG]
    assert sum(s.width_deg for s in sectors) == pytest.approx(360.0)
    ends = sorted(s.to_deg for s in sectors)
    assert ends == sorted(s.from_deg for s in sectors)


@pytest.mark.parametrize("word", ["north-east", "North East", " northeast "])
def test_compass_words_as_people_write_them(word: str) -> None:
    sector = compass_sector(word, 0.0)
    assert (sector.name, sector.from_deg, sector.to_deg) == ("north-east", 22.5, 67.5)


def test_a_word_that_is_no_direction() -> None:
    with pytest.raises(RanwrightError) as caught:
        compass_sector("upwards", 0.0)
    assert caught.value.code == "beams.compass_unknown"


def test_minimums_are_sinr_ratios() -> None:
    assert SinrMinimum(minimum_sinr_db=10.0).sinr == pytest.approx(10.0)
    assert RateMinimum(minimum_rate_bps_hz=3.0).sinr == pytest.approx(7.0)
