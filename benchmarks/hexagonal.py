"""Nineteen sites on a hexagonal grid, the usual size of system simulations."""

from twins.scenario import Scenario, Sector, SitePlan, StatisticalChannel, load_scenario

SITES = 19


def hexagonal(ues: int = 570) -> Scenario:
    """The uma scenario's grid with another ring: 19 sites, 57 cells."""
    uma = load_scenario("uma")
    assert isinstance(uma.channel, StatisticalChannel)
    first, height_m = uma.sites[0], uma.sites[0].position_m[2]
    steps = range(-2, 3)
    spots = [(q + r / 2, r * 3**0.5 / 2) for q in steps for r in steps if abs(q + r) <= 2]
    sites = tuple(
        SitePlan(
            name=f"site{index + 1}",
            position_m=(500.0 * x, 500.0 * y, height_m),
            sectors=tuple(
                Sector.model_validate(s.model_dump() | {"cell_id": 3 * index + k + 1})
                for k, s in enumerate(first.sectors)
            ),
        )
        for index, (x, y) in enumerate(spots)
    )
    channel = uma.channel.model_copy(update={"point_count": 4000})
    assert len(sites) == SITES
    changes = {"name": "uma57", "sites": sites, "channel": channel, "ue_count": ues}
    return uma.model_copy(update=changes)
