"""What is drawn before a run and shared by runs under other knobs: UEs, their ways, their data."""

from dataclasses import dataclass

import numpy as np

from contracts.errors import ExitCode, RanwrightError
from twins.channel import LinkMap, candidate_points, load_link_map
from twins.dynamics.link import FRAME_MS
from twins.dynamics.mobility import Trajectories, build_streets, walk
from twins.dynamics.profile import Profile
from twins.dynamics.randomness import Ints, stream
from twins.dynamics.traffic import Arrivals, draw_arrivals
from twins.scenario import RayTracedChannel, Scenario


@dataclass(frozen=True)
class Stage:
    """A scenario with its UEs for a while.

    Attributes:
        scenario: the network.
        profile: what moves through it.
        seed: of everything drawn.
        frames: radio frames, T.
        links: of the points where UEs may be.
        trajectories: over the points of ``links``.
        arrivals: packets of all UEs.
        group_of: ``[U]`` index in the profile's groups.
        slice_of: ``[U]`` index in the profile's slices.
    """

    scenario: Scenario
    profile: Profile
    seed: int
    frames: int
    links: LinkMap
    trajectories: Trajectories
    arrivals: Arrivals
    group_of: Ints
    slice_of: Ints

    @property
    def ues(self) -> int:
        """U."""
        return self.group_of.size


def set_stage(
    scenario: Scenario,
    profile: Profile,
    seconds: float,
    seed: int,
    links: LinkMap | None = None,
) -> Stage:
    """Draw UEs, trajectories and packets.

    Args:
        scenario: the network.
        profile: what moves through it.
        seconds: how long.
        seed: of everything drawn.
        links: the scenario's link map, when the caller has it already.

    Raises:
        RanwrightError: ``scenario.no_coverage``, ``dynamics.no_streets``, or as
            :func:`twins.channel.load_link_map`.
    """
    every = load_link_map(scenario) if links is None else links
    covered = candidate_points(scenario, every)
    if covered.numel() == 0:
        raise RanwrightError(
            "scenario.no_coverage",
            f"No point of {scenario.name} reaches {scenario.ue_min_rsrp_dbm:g} dBm.",
            "Lower ue_min_rsrp_dbm or move the sites.",
            ExitCode.USAGE,
        )
    here = every.select(covered)
    frames = max(1, round(1000.0 * seconds / FRAME_MS))
    sizes = profile.group_sizes()
    group_of = np.repeat(np.arange(len(sizes)), sizes)
    names = [s.name for s in profile.slices]
    return Stage(
        scenario=scenario,
        profile=profile,
        seed=seed,
        frames=frames,
        links=here,
        trajectories=_trajectories(scenario, profile, here, frames, seed),
        arrivals=draw_arrivals(
            tuple(profile.groups[g].traffic for g in group_of),
            frames * FRAME_MS,
            stream("traffic", seed),
        ),
        group_of=group_of,
        slice_of=np.array([names.index(profile.groups[g].slice) for g in group_of]),
    )


def _trajectories(
    scenario: Scenario, profile: Profile, links: LinkMap, frames: int, seed: int
) -> Trajectories:
    positions_m = links.point_positions_m.numpy().astype(float)
    channel = scenario.channel
    step_m = channel.grid_step_m if isinstance(channel, RayTracedChannel) else 0.0
    streets = build_streets(positions_m, step_m)
    random = stream("mobility", seed)
    walks = [
        walk(streets, group.mobility, size, frames, FRAME_MS / 1000.0, random)
        for group, size in zip(profile.groups, profile.group_sizes(), strict=True)
    ]
    return Trajectories(
        np.concatenate([w.behind for w in walks], 1),
        np.concatenate([w.ahead for w in walks], 1),
        np.concatenate([w.share for w in walks], 1),
        np.concatenate([w.speed_m_s for w in walks]),
    )
