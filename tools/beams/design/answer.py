"""What every answer of beam design says of itself: each requirement with what it has left."""

import math
from dataclasses import dataclass

import numpy as np

from tools.beams.design.arrays import Complex, Real
from tools.beams.design.requirements import BeamRequirements
from tools.beams.design.zone_problem import Caps

HELD_DB = 1e-6
"""A requirement missed by less than this, rounding, counts as held."""


@dataclass(frozen=True)
class Slack:
    """One requirement in an answer.

    Args:
        name: of the zone, sector and site, UE, or site.
        kind: what is limited.
        limit: in dBm; dB of SINR for a UE.
        reached: the worst value in the same unit; -inf where nothing arrives.
    """

    name: str
    kind: str
    limit: float
    reached: float

    @property
    def slack_db(self) -> float:
        """How far it holds; negative where it is missed."""
        at_least = self.kind in ("bright zone", "UE")
        return self.reached - self.limit if at_least else self.limit - self.reached

    @property
    def held(self) -> bool:
        """Whether the requirement holds."""
        return self.slack_db >= -HELD_DB


@dataclass(frozen=True)
class Answer:
    """Precoders and what they reach.

    Args:
        method: how they were found.
        sites: names of those that send.
        beams: precoders ``[N_s, streams]`` of each in square roots of milliwatts.
        slacks: of all requirements.
        seed: of restarts.
    """

    method: str
    sites: tuple[str, ...]
    beams: tuple[Complex, ...]
    slacks: tuple[Slack, ...]
    seed: int

    @property
    def infeasible(self) -> tuple[str, ...]:
        """Names of requirements that are missed."""
        return tuple(slack.name for slack in self.slacks if not slack.held)

    @property
    def feasible(self) -> bool:
        """Whether all requirements hold."""
        return not self.infeasible


def to_db(power: float) -> float:
    """Decibels of a ratio, dBm of milliwatts; -inf for nothing."""
    return 10.0 * math.log10(power) if power > 0.0 else -math.inf


def cap_slacks(caps: Caps, powers_mw: Real, wanted: BeamRequirements) -> list[Slack]:
    """One slack a dark zone, and one a sector and site: its tightest point or direction."""
    dark = {zone.name for zone in wanted.dark}
    found = []
    names = np.array(caps.name)
    for name in dict.fromkeys(caps.name):
        mine = np.flatnonzero(names == name)
        worst = mine[np.argmax(powers_mw[mine] / caps.limit_mw[mine])]
        kind = "dark zone" if name in dark else "sector"
        limit, reached = to_db(float(caps.limit_mw[worst])), to_db(float(powers_mw[worst]))
        found.append(Slack(name, kind, limit, reached))
    return found


def power_slack(name: str, limit_mw: float, beam: Complex) -> Slack:
    """Of a site's power limit."""
    return Slack(name, "site power", to_db(limit_mw), to_db(float((abs(beam) ** 2).sum())))
