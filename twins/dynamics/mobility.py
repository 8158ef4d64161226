"""Mobility along streets: pedestrians and vehicles walk on the graph of the link map's points.

Neighbours on the graph lie within one and a half grid steps, so every movement stays where paths
were traced. A walker chooses its next point by how far it must turn: vehicles keep their heading
while the street goes on, pedestrians turn more freely; both turn round at a dead end.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from contracts.errors import ExitCode, RanwrightError
from twins.dynamics.profile import Mobility
from twins.dynamics.randomness import Floats, Ints

NEIGHBOUR_STEPS = 1.5
"""Reaches the diagonal neighbour on a square grid, and none beyond."""

_STRAIGHTNESS = {"static": 0.0, "pedestrian": 3.0, "vehicle": 20.0}


@dataclass(frozen=True)
class Streets:
    """The walkable graph.

    Attributes:
        positions_m: ``[K, 2]``.
        neighbours: ``[K, N]`` indices of points; -1 fills the row.
    """

    positions_m: Floats
    neighbours: Ints

    @property
    def connected(self) -> Ints:
        """Points that have a neighbour."""
        return np.flatnonzero(self.neighbours[:, 0] >= 0)


@dataclass(frozen=True)
class Trajectories:
    """Where each UE is at the start of each frame: on the edge between two points.

    Attributes:
        behind: ``[T, U]`` index of the point it left.
        ahead: ``[T, U]`` index of the point it goes to; the same for who stands still.
        share: ``[T, U]`` how much of the edge lies behind it, 0..1.
        speed_m_s: ``[U]``.
    """

    behind: Ints
    ahead: Ints
    share: Floats
    speed_m_s: Floats

    def interpolate(self, values: Floats, frame: slice) -> Floats:
        """Values of points, ``[K, C]``, between the ends of the edges: ``[frames, U, C]``."""
        share = self.share[frame, :, None].astype(values.dtype)
        behind, ahead = values[self.behind[frame]], values[self.ahead[frame]]
        between: Floats = behind + share * (ahead - behind)
        return between


def build_streets(positions_m: Floats, step_m: float) -> Streets:
    """Join the points that are within ``NEIGHBOUR_STEPS`` grid steps of each other.

    Args:
        positions_m: ``[K, 2]``.
        step_m: distance of the grid's points.
    """
    pairs = KDTree(positions_m).query_pairs(NEIGHBOUR_STEPS * step_m, output_type="ndarray")
    both = np.concatenate([pairs, pairs[:, ::-1]])
    both = both[np.lexsort((both[:, 1], both[:, 0]))]
    degree = np.bincount(both[:, 0], minlength=len(positions_m))
    neighbours = np.full((len(positions_m), max(1, degree.max(initial=0))), -1)
    column = np.arange(len(both)) - np.repeat(np.cumsum(degree) - degree, degree)
    neighbours[both[:, 0], column] = both[:, 1]
    return Streets(positions_m, neighbours)


def walk(
    streets: Streets,
    mobility: Mobility,
    ues: int,
    frames: int,
    frame_s: float,
    random: np.random.Generator,
) -> Trajectories:
    """Let UEs of one kind walk, each at a speed of its own, from points drawn uniformly.

    Args:
        streets: the graph.
        mobility: kind and range of speeds.
        ues: how many, U.
        frames: how many, T.
        frame_s: length of a frame.
        random: source of starts, speeds and turns.

    Raises:
        RanwrightError: ``dynamics.no_streets`` where someone moves and no two points are joined.
    """
    speed_m_s = random.uniform(*mobility.speed_kmh, ues) / 3.6
    moving = mobility.kind != "static" and mobility.speed_kmh[1] > 0 and ues > 0
    if moving and streets.connected.size == 0:
        raise RanwrightError(
            "dynamics.no_streets",
            f"{mobility.kind} UEs have no streets: no two points of the link map are neighbours.",
            "Use a ray-traced scenario, or static UEs.",
            ExitCode.USAGE,
        )
    starts = streets.connected if moving else np.arange(len(streets.positions_m))
    at = random.choice(starts, ues)
    if not moving:
        still = np.broadcast_to(at, (frames, ues))
        return Trajectories(still, still, np.zeros((frames, ues)), np.zeros(ues))
    travelled_m = np.arange(frames)[:, None] * frame_s * speed_m_s
    nodes, reached_m = _route(streets, mobility.kind, at, float(travelled_m.max()), random)
    edge = np.empty((frames, ues), dtype=np.int64)
    for ue in range(ues):
        edge[:, ue] = np.searchsorted(reached_m[:, ue], travelled_m[:, ue], side="right") - 1
    each = np.arange(ues)
    left_m, next_m = reached_m[edge, each], reached_m[edge + 1, each]
    share = (travelled_m - left_m) / (next_m - left_m)
    return Trajectories(nodes[edge, each], nodes[edge + 1, each], share, speed_m_s)


def _route(
    streets: Streets, kind: str, at: Ints, length_m: float, random: np.random.Generator
) -> tuple[Ints, Floats]:
    """Points passed and the way covered until each, ``[E, U]``; all beyond ``length_m``."""
    turn = random.uniform(0.0, 2.0 * np.pi, at.size)
    heading = np.stack([np.cos(turn), np.sin(turn)], -1)
    nodes, reached_m = [at], [np.zeros(at.size)]
    while reached_m[-1].min() <= length_m:
        there = _turn(streets, nodes[-1], heading, _STRAIGHTNESS[kind], random.random(at.size))
        way = streets.positions_m[there] - streets.positions_m[nodes[-1]]
        way_m = np.linalg.norm(way, axis=-1)
        heading = way / way_m[:, None]
        nodes.append(there)
        reached_m.append(reached_m[-1] + way_m)
    return np.stack(nodes), np.stack(reached_m)


def _turn(
    streets: Streets, at: Ints, heading: Floats, straightness: float, uniform: Floats
) -> Ints:
    """The next point of each UE, ``[U]``: likely where the cosine of the turn is near 1."""
    options = streets.neighbours[at]
    way = streets.positions_m[options] - streets.positions_m[at][:, None]
    length = np.linalg.norm(way, axis=-1)
    cosine = (way * heading[:, None]).sum(-1) / np.maximum(length, 1e-9)
    weight = np.where(options >= 0, np.exp(straightness * (cosine - 1.0)), 0.0)
    cumulative = weight.cumsum(-1)
    chosen = (cumulative <= uniform[:, None] * cumulative[:, -1:]).sum(-1)
    there: Ints = options[np.arange(at.size), chosen]
    return there
