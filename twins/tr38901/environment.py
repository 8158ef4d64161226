"""Environments of TR 38.901, and the large-scale state of links drawn in one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from twins.runtime import seeded
from twins.tr38901 import path_loss
from twins.tr38901.indoor import Placement
from twins.tr38901.large_scale import (
    LinkState,
    Parameter,
    StateTable,
    draw_fields,
    load_tables,
    zsd_mean,
)


@dataclass(frozen=True)
class Environment:
    """What tells UMa from UMi: equations, and tables at one frequency.

    Attributes:
        name: ``UMa`` or ``UMi``.
        frequency_hz: carrier.
        los_probability: from distance and UE height.
        environment_height_m: from distance, UE height and generator.
        los_db: from distance, site height, UE height, environment height and frequency.
        nlos_db: from distance, site height, UE height and frequency.
        tables: large-scale statistics by link state.
    """

    name: str
    frequency_hz: float
    los_probability: Callable[[Tensor, Tensor], Tensor]
    environment_height_m: Callable[[Tensor, Tensor, torch.Generator], Tensor]
    los_db: Callable[[Tensor, Tensor, Tensor, Tensor, float], Tensor]
    nlos_db: Callable[[Tensor, Tensor, Tensor, float], Tensor]
    tables: Mapping[LinkState, StateTable]


def load_environment(name: str, frequency_hz: float) -> Environment:
    """``UMa`` or ``UMi`` (street canyon) at a frequency.

    Raises:
        KeyError: there is no such environment.
    """
    return Environment(name, frequency_hz, *_EQUATIONS[name], load_tables(name, frequency_hz))


_EQUATIONS = {
    "UMa": (
        path_loss.uma_los_probability,
        path_loss.uma_environment_height_m,
        path_loss.uma_los_db,
        path_loss.uma_nlos_db,
    ),
    "UMi": (
        path_loss.umi_los_probability,
        path_loss.umi_environment_height_m,
        path_loss.umi_los_db,
        path_loss.umi_nlos_db,
    ),
}


@dataclass(frozen=True)
class Links:
    """Large-scale state of the links between S sites and P points.

    Attributes:
        environment: they were drawn in.
        sites_m: ``[S, 3]``.
        points_m: ``[P, 2]``.
        placement: of the UEs at the points.
        los: ``[S, P]`` whether the outdoor leg has line of sight.
        path_loss_db: ``[S, P]`` of the way through the air.
        seed: of the draws.
    """

    environment: Environment
    sites_m: Tensor
    points_m: Tensor
    placement: Placement
    los: Tensor
    path_loss_db: Tensor
    seed: int

    @property
    def offset_m(self) -> Tensor:
        """``[S, P, 2]`` from site to point."""
        return self.points_m - self.sites_m[:, None, :2]

    @property
    def gain_db(self) -> Tensor:
        """``[S, P]`` isotropic: path loss, penetration and shadowing."""
        shadowing = self.parameters(Parameter.SHADOWING)[Parameter.SHADOWING]
        return shadowing - self.path_loss_db - self.placement.penetration_db

    def parameters(self, *wanted: Parameter) -> dict[Parameter, Tensor]:
        """Large-scale parameters ``[S, P]``; K is ``-inf`` dB without line of sight."""
        drawn = {p: torch.full(self.los.shape, float("-inf")) for p in wanted}
        for state, chosen in self.states().items():
            if not bool(chosen.any()):
                continue
            fields = draw_fields(
                self.environment.tables,
                state,
                wanted,
                self.points_m,
                self.placement.height_m,
                len(self.sites_m),
                self.seed,
            )
            for name, values in fields.items():
                drawn[name] = torch.where(chosen, values, drawn[name])
        if Parameter.ZSD in drawn:
            drawn[Parameter.ZSD] = self._zsd_mean() + drawn[Parameter.ZSD] * self._zsd_scale()
        return drawn

    def states(self) -> dict[LinkState, Tensor]:
        """``[S, P]`` bool by state; each link is in one."""
        indoor = self.placement.indoor
        return {
            LinkState.LOS: self.los & ~indoor,
            LinkState.NLOS: ~self.los & ~indoor,
            LinkState.O2I: indoor.expand(self.los.shape),
        }

    def _zsd_scale(self) -> Tensor:
        """An O2I link has the deviation of its outdoor leg (clause 7.5, Tables 7.5-7 and 7.5-8)."""
        los, nlos, o2i = (
            self.environment.tables[state].statistics[Parameter.ZSD].deviation
            for state in (LinkState.LOS, LinkState.NLOS, LinkState.O2I)
        )
        leg = torch.where(self.los, los / o2i, nlos / o2i)
        return torch.where(self.placement.indoor, leg, 1.0)

    def _zsd_mean(self) -> Tensor:
        at = (self.offset_m.norm(dim=-1), self.sites_m[:, 2:], self.placement.height_m)
        with_los = zsd_mean(self.environment.name, LinkState.LOS, *at)
        return torch.where(self.los, with_los, zsd_mean(self.environment.name, LinkState.NLOS, *at))


def draw_links(
    environment: Environment,
    sites_m: Tensor,
    points_m: Tensor,
    placement: Placement,
    seed: int,
) -> Links:
    """Draw line of sight and path loss of all links; shadowing and spreads follow from the seed.

    Args:
        environment: equations and tables.
        sites_m: ``[S, 3]``.
        points_m: ``[P, 2]``.
        placement: of the UEs at the points.
        seed: of everything that is drawn.
    """
    height = placement.height_m
    distance = (points_m - sites_m[:, None, :2]).norm(dim=-1)
    outdoor = (distance - placement.indoor_distance_m).clamp(min=0.0)
    chance = torch.rand(distance.shape, generator=seeded("tr38901", "los", seed))
    los = chance < environment.los_probability(outdoor, height)
    effective = environment.environment_height_m(
        distance, height.expand_as(distance), seeded("tr38901", "environment_height", seed)
    )
    with_los = environment.los_db(
        distance, sites_m[:, 2:], height, effective, environment.frequency_hz
    )
    without = environment.nlos_db(distance, sites_m[:, 2:], height, environment.frequency_hz)
    loss = torch.where(los, with_los, torch.maximum(with_los, without))
    return Links(environment, sites_m, points_m, placement, los, loss, seed)
