"""UEs that walk and drive through the traced streets of the site twins, and the beams they hear.

Beams move with the UE because the paths were traced, every 5 or 6 m; between these points powers
are interpolated in dB. Paths add in power, so there is no fading between them.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch

from tools.beams.trackers import Array
from twins.channel import NO_PATH_DB, TracedLinkMap, candidate_points, load_link_map
from twins.dynamics.beams import CSI_RS_BEAMS, beam_gain_db
from twins.dynamics.mobility import Streets, build_streets, walk
from twins.dynamics.profile import Mobility
from twins.runtime import derive_seed
from twins.scenario import RayTracedChannel, load_scenario

WALKERS = {
    "driving, 30 to 90 km/h": Mobility(kind="vehicle", speed_kmh=(30, 90)),
    "walking, 3 km/h": Mobility(kind="pedestrian", speed_kmh=(3, 3)),
}
_HEARD_DB = NO_PATH_DB + 100.0


@dataclass(frozen=True)
class District:
    """A part of a twin whose streets are joined.

    Attributes:
        streets: of its points.
        gain_db: [K, cells, beams] of each point.
        step_m: between points.
    """

    streets: Streets
    gain_db: Array
    step_m: float


@cache
def district(twin: str, west: bool | None = None) -> District:
    """A twin, or the half of its points that lies west or east of the median."""
    scenario = load_scenario(twin)
    every = load_link_map(scenario)
    assert isinstance(every, TracedLinkMap)
    assert isinstance(scenario.channel, RayTracedChannel)
    here = every.select(candidate_points(scenario, every))
    if west is not None:
        x_m = here.point_positions_m[:, 0]
        here = here.select(torch.nonzero((x_m < x_m.median()) == west).flatten())
    step_m = scenario.channel.grid_step_m
    streets = build_streets(here.point_positions_m.numpy().astype(float), step_m)
    return District(streets, beam_gain_db(here, CSI_RS_BEAMS).numpy(), step_m)


def powers_db(
    place: District, mobility: Mobility, ues: int, past: int, samples: int, step_s: float, seed: int
) -> Array:
    """[N, samples, beams] path gain of the cell that is the best when the past ends, N <= ues.

    UEs without a path to it at any moment are left out.
    """
    random = np.random.default_rng(derive_seed("beams", "streets", mobility.kind, seed))
    # starts are at points: everybody is followed from somewhere on the way to the next one
    lead = int(np.ceil(place.step_m / (mobility.speed_kmh[0] / 3.6 * step_s)))
    ways = walk(place.streets, mobility, ues, samples + lead, step_s, random)
    first = random.integers(0, lead + 1, ues)
    at, each = first + np.arange(samples)[:, None], np.arange(ues)
    behind, ahead, share = (v[at, each] for v in (ways.behind, ways.ahead, ways.share))
    cell = place.gain_db.max(-1).argmax(-1)[behind[past - 1]]
    here, there = place.gain_db[behind, cell], place.gain_db[ahead, cell]
    heard = (np.minimum(here, there).max(-1) > _HEARD_DB).all(0)
    between = here + share[..., None] * (there - here)
    return np.asarray(between[:, heard].swapaxes(0, 1))
