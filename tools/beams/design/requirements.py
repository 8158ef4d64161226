"""What beams shall do: zones, forbidden directions, UEs and power limits, as types.

Positions are metres in the coordinates of the scenario: +x is east, +y is north. Directions of
sectors are degrees clockwise from north, as on a compass; those of antennas elsewhere in Ranwright
are counter-clockwise from +x.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any, Literal, LiteralString, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from contracts.canonical import Contract
from contracts.errors import ExitCode, RanwrightError

Point = tuple[float, float]
Name = Annotated[str, Field(min_length=1, max_length=64)]


class Circle(Contract):
    """All points within a distance of a centre."""

    kind: Literal["circle"] = "circle"
    centre_m: Point
    radius_m: float = Field(gt=0)


class Polygon(Contract):
    """The inside of a closed line that does not cross itself; the last corner joins the first."""

    kind: Literal["polygon"] = "polygon"
    corners_m: tuple[Point, ...] = Field(min_length=3, max_length=200)

    @model_validator(mode="after")
    def _check(self) -> Self:
        edges = list(zip(self.corners_m, self.corners_m[1:] + self.corners_m[:1], strict=True))
        if any(a == b for a, b in edges):
            raise _problem("beams.zone_degenerate", "two corners in a row are the same point")
        apart = range(2, len(edges) - 1)
        crossed = any(
            _cross(*edges[i], *edges[(i + j) % len(edges)])
            for i in range(len(edges))
            for j in apart
        )
        if crossed:
            raise _problem("beams.zone_crosses_itself", "the polygon's edges cross each other")
        if sum(a[0] * b[1] - b[0] * a[1] for a, b in edges) == 0.0:
            raise _problem("beams.zone_degenerate", "the polygon has no area")
        return self


Area = Annotated[Circle | Polygon, Field(discriminator="kind")]


class BrightZone(Contract):
    """Where power is wanted: the mean received power over the zone, as high as can be."""

    name: Name
    area: Area
    minimum_dbm: float | None = Field(default=None, description="mean over the zone at least this")


class DarkZone(Contract):
    """Where power is not wanted: no point of the zone receives more than the maximum."""

    name: Name
    area: Area
    maximum_dbm: float


class ForbiddenSector(Contract):
    """Directions in which no array may have more gain than the maximum.

    The gain counts against the site's power limit, so the EIRP stays below limit plus gain however
    little power is used. The sector runs clockwise from ``from_deg`` to ``to_deg`` and may pass
    through north.
    """

    name: Name
    from_deg: float = Field(ge=0, lt=360)
    to_deg: float = Field(ge=0, lt=360)
    maximum_gain_dbi: float

    @property
    def width_deg(self) -> float:
        """Angle that the sector spans, above 0 and below 360 degrees."""
        return (self.to_deg - self.from_deg) % 360.0

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.width_deg == 0.0:
            raise _problem("beams.sector_empty", "the sector begins where it ends")
        return self


class SinrMinimum(Contract):
    """Least SINR of a UE."""

    kind: Literal["sinr"] = "sinr"
    minimum_sinr_db: float

    @property
    def sinr(self) -> float:
        """As a ratio."""
        return float(10.0 ** (self.minimum_sinr_db / 10.0))


class RateMinimum(Contract):
    """Least rate of a UE, as spectral efficiency log2(1 + SINR)."""

    kind: Literal["rate"] = "rate"
    minimum_rate_bps_hz: float = Field(gt=0, le=30)

    @property
    def sinr(self) -> float:
        """The SINR ratio that carries the rate."""
        return float(2.0**self.minimum_rate_bps_hz - 1.0)


class ServedUe(Contract):
    """A UE that gets a stream of its own."""

    name: Name
    position_m: Point
    minimum: Annotated[SinrMinimum | RateMinimum, Field(discriminator="kind")] | None = None


class SitePower(Contract):
    """Less power for a site than its equipment allows."""

    site: Name
    maximum_dbm: float


class BeamRequirements(Contract):
    """One question to beam design.

    Raises:
        ValueError: nothing to light or to serve, or a name used twice.
    """

    bright: tuple[BrightZone, ...] = ()
    dark: tuple[DarkZone, ...] = ()
    sectors: tuple[ForbiddenSector, ...] = ()
    ues: tuple[ServedUe, ...] = ()
    powers: tuple[SitePower, ...] = ()
    site_count: int = Field(default=1, ge=1, le=64, description="sites that light the zones")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.bright and not self.ues:
            raise _problem("beams.nothing_wanted", "there is neither a bright zone nor a UE")
        names = [zone.name for zone in self.bright] + [zone.name for zone in self.dark]
        names += [sector.name for sector in self.sectors] + [ue.name for ue in self.ues]
        twice = _repeated(names) + _repeated(power.site for power in self.powers)
        if twice:
            raise PydanticCustomError(
                "beams.name_repeated", "used more than once: {names}", {"names": ", ".join(twice)}
            )
        return self


COMPASS_DEG = {
    "north": 0.0,
    "north-east": 45.0,
    "east": 90.0,
    "south-east": 135.0,
    "south": 180.0,
    "south-west": 225.0,
    "west": 270.0,
    "north-west": 315.0,
}
"""Middle of the eight sectors of 45 degrees."""


def compass_sector(word: str, maximum_gain_dbi: float) -> ForbiddenSector:
    """The sector of a compass word.

    Raises:
        RanwrightError: ``beams.compass_unknown``.

    Example:
        >>> sector = compass_sector("north-east", 0.0)
        >>> sector.from_deg, sector.to_deg
        (22.5, 67.5)
    """
    known = {name.replace("-", ""): name for name in COMPASS_DEG}
    name = known.get(word.strip().lower().replace("-", "").replace(" ", ""))
    if name is None:
        raise RanwrightError(
            "beams.compass_unknown",
            f"{word!r} is no direction of the compass.",
            f"Use one of {', '.join(COMPASS_DEG)}, or give the sector in degrees.",
            ExitCode.USAGE,
        )
    middle = COMPASS_DEG[name]
    return ForbiddenSector(
        name=name,
        from_deg=(middle - 22.5) % 360.0,
        to_deg=(middle + 22.5) % 360.0,
        maximum_gain_dbi=maximum_gain_dbi,
    )


def parse_requirements(data: dict[str, Any] | str | bytes) -> BeamRequirements:
    """Requirements from JSON or JSON-like data.

    Raises:
        RanwrightError: ``beams.malformed``, or the code of the law that is broken:
            ``beams.zone_degenerate``, ``beams.zone_crosses_itself``, ``beams.sector_empty``,
            ``beams.nothing_wanted``, ``beams.name_repeated``.
    """
    try:
        if isinstance(data, dict):
            return BeamRequirements.model_validate(data)
        return BeamRequirements.model_validate_json(data)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        codes = [e["type"] for e in found if e["type"].startswith("beams.")]
        where = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'all'}: {e['msg']}" for e in found)
        raise RanwrightError(
            codes[0] if codes else "beams.malformed",
            f"Beam requirements are not valid: {where}.",
            "Correct them; positions are in metres, directions in degrees clockwise from north.",
            ExitCode.USAGE,
        ) from error


def _problem(code: LiteralString, message: LiteralString) -> PydanticCustomError:
    return PydanticCustomError(code, message)


def _repeated(names: Iterable[str]) -> list[str]:
    return sorted(name for name, times in Counter(names).items() if times > 1)


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two closed segments meet."""

    def side(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    def between(p: Point, q: Point, r: Point) -> bool:
        return all(min(x, y) <= z <= max(x, y) for x, y, z in zip(p, q, r, strict=True))

    sides = side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)
    if sides[0] * sides[1] < 0 and sides[2] * sides[3] < 0:
        return True
    triples = (a, b, c), (a, b, d), (c, d, a), (c, d, b)
    return any(s == 0 and between(*t) for s, t in zip(sides, triples, strict=True))
