"""The plant of the loop: the hidden truth of :mod:`twins.plant`, step by step, under any powers.

The flow level draws fading and traffic anew in every 100 ms, on each sub-band, whatever was
measured before. So there is nothing a control could follow slot by slot: what can be set is one
power a cell, and what it can follow is where UEs are, who has data how often, and who serves whom.

Steps draw from generators of their own: every method sees the same traffic and fading.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from twins.channel import LinkMap, candidate_points, rsrp_dbm
from twins.dynamics.mobility import Trajectories, build_streets, walk
from twins.dynamics.profile import Mobility
from twins.dynamics.randomness import stream
from twins.flow import STEP_MS, FlowModel, serving_cells
from twins.plant.truth import draw_truth, nominal_tilt_deg
from twins.reports import average_power_w
from twins.runtime import seeded
from twins.scenario import RayTracedChannel, Scenario


class Step(NamedTuple):
    """What 100 ms brought.

    Attributes:
        volume_mbit: [U].
        active_ms: [U].
        consumed_w: of all cells together.
    """

    volume_mbit: Tensor
    active_ms: Tensor
    consumed_w: float


@dataclass
class LoopPlant:
    """One plant under one method.

    Attributes:
        power_mw: [C] in force.
        serving: [U] index of the serving cells.
    """

    scenario: Scenario
    seed: int
    gain_db: Tensor
    fading_m: Tensor
    activity: Tensor
    power_mw: Tensor
    serving: Tensor
    step_number: int = 0

    def __post_init__(self) -> None:
        self._flow = FlowModel(self.scenario)

    def advance(self) -> Step:
        """Let 100 ms pass: handovers first, then traffic."""
        level = self.rsrp_dbm()
        offset_db = self.scenario.radio.handover_offset_db
        self.serving = serving_cells(level, self.serving, offset_db)
        result = self._flow.run(
            gain_db=self._here(self.gain_db)[None],
            fading_m=self._here(self.fading_m)[None],
            serving=self.serving[None],
            tx_power_mw=self.power_mw[None],
            activity=self.activity[None],
            steps=1,
            generator=seeded("loop", "flow", self.seed, self.step_number),
        )
        self.step_number += 1
        overhead = self.scenario.carrier.overhead_share
        consumed = average_power_w(
            self.scenario.energy, overhead, self.power_mw, result.prb_usage[0]
        )
        return Step(result.volume_mbit[0], result.active_ms[0], float(consumed.sum()))

    def rsrp_dbm(self) -> Tensor:
        """[U, C] true SS-RSRP now."""
        return rsrp_dbm(self.scenario, self._here(self.gain_db), self.power_mw)

    def _here(self, of_time: Tensor) -> Tensor:
        """[U, C] of [T, U, C], T = 1 where nobody moves."""
        return of_time[min(self.step_number, len(of_time) - 1)]


def plants(
    scenario: Scenario, links: LinkMap, seed: int, steps: int, speed_kmh: float
) -> LoopPlant:
    """A plant at its start: powers drawn from the upper 6 dB of the grid, UEs where they stand.

    Args:
        seed: of the hidden truth, the start powers, the ways, the traffic and the fading.
        steps: how long UEs have somewhere to go.
        speed_kmh: of vehicles on the streets; 0: everybody stands.
    """
    truth = draw_truth(scenario, links, seed)
    gain_db, fading_m = truth.gain_db[None], truth.fading_m[None]
    if speed_kmh > 0.0:
        here = links.select(candidate_points(scenario, links))
        tilt_deg = nominal_tilt_deg(scenario) + truth.tilt_error_deg
        ways = _ways(scenario, here, seed, steps, speed_kmh)
        # what the truth adds to the map at a UE's point goes with the UE
        added_db = truth.gain_db - links.select(truth.points).gain_db(tilt_deg)
        gain_db = _along(ways, here.gain_db(tilt_deg)) + added_db
        fading_m = _along(ways, here.fading_severity(tilt_deg))
    power_mw = start_power_mw(scenario, seed)
    level = rsrp_dbm(scenario, gain_db[0], power_mw)
    return LoopPlant(
        scenario, seed, gain_db, fading_m, truth.activity, power_mw, serving_cells(level, None, 0.0)
    )


def start_power_mw(scenario: Scenario, seed: int) -> Tensor:
    """[C] from the upper 6 dB of the grid: a network that nobody has coordinated."""
    limits = scenario.equipment.configured_max_tx_power
    grid = torch.tensor(limits.grid_mw(), dtype=torch.float32)
    count = min(len(grid), round(6.0 / limits.step_db) + 1)
    chosen = torch.randint(count, (len(scenario.cell_ids),), generator=seeded("loop", seed))
    return grid[len(grid) - 1 - chosen]


def _ways(
    scenario: Scenario, here: LinkMap, seed: int, steps: int, speed_kmh: float
) -> Trajectories:
    channel = scenario.channel
    step_m = channel.grid_step_m if isinstance(channel, RayTracedChannel) else 0.0
    streets = build_streets(here.point_positions_m.numpy().astype(float), step_m)
    mobility = Mobility(kind="vehicle", speed_kmh=(speed_kmh, speed_kmh))
    count, random = scenario.ue_count, stream("loop ways", seed)
    return walk(streets, mobility, count, steps, STEP_MS / 1000.0, random)


def _along(ways: Trajectories, of_points: Tensor) -> Tensor:
    """[T, U, C] of values of points [P, C]."""
    values = ways.interpolate(of_points.numpy(), slice(None))
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))
