"""One plant under every method, and what it delivered."""

import time
from dataclasses import dataclass, replace

import numpy as np
import torch

from benchmarks.hexagonal import hexagonal
from benchmarks.pieces import Values
from benchmarks.power.loop.methods import (
    Ascent,
    Full,
    Method,
    OpenLoop,
    Portfolio,
    Present,
    Setting,
    Wmmse,
)
from benchmarks.power.loop.plant import plants
from benchmarks.power.loop.view import Condition, View, grid_of, radio_of
from contracts.problem import Objective
from tools.power.foundation.model import GraphFoundationModel
from twins.channel import LinkMap
from twins.flow import STEP_MS
from twins.scenario import Scenario, load_scenario

PRESENT, FULL, OPEN_LOOP, WMMSE = "present", "full power", "open loop", "WMMSE"
EAGER, ASCENT = "WMMSE, any gain", "ascent"
CLASSICAL, MODEL = "classical portfolio", "model portfolio"
METHODS = (PRESENT, FULL, OPEN_LOOP, WMMSE, EAGER, ASCENT, CLASSICAL, MODEL)
_SETTLING_SHARE = 0.25


@dataclass(frozen=True)
class Case:
    """A network: its scenario, how many UEs, and how fast they are."""

    name: str
    scenario: Scenario
    speed_kmh: float = 0.0


def case_called(name: str) -> Case:
    """Nine cells with standing or moving UEs, or 57 cells."""
    match name:
        case "munich":
            return Case(name, load_scenario("munich"))
        case "munich-moving":
            scenario = load_scenario("munich").model_copy(update={"ue_count": 300})
            return Case(name, scenario, speed_kmh=30.0)
        case "uma57":
            return Case(name, hexagonal(500))
    raise ValueError(name)


CASES = ("munich", "munich-moving", "uma57")


def run_all(
    case: Case,
    links: LinkMap,
    model: GraphFoundationModel,
    objective: Objective,
    condition: Condition,
    period_ms: int,
    seconds: float,
    seed: int,
) -> Values:
    """What every method reached on one plant."""
    scenario = case.scenario
    setting = Setting(
        radio_of(scenario),
        grid_of(scenario),
        len(scenario.cell_ids),
        scenario.ue_count,
        objective,
    )
    methods: dict[str, Method] = {
        PRESENT: Present(setting),
        FULL: Full(setting),
        OPEN_LOOP: OpenLoop(setting),
        WMMSE: Wmmse(setting),
        EAGER: Wmmse(replace(setting, least_gain=0.0)),
        ASCENT: Ascent(setting),
        CLASSICAL: Portfolio(setting),
        MODEL: Portfolio(setting, model),
    }
    return {
        name: _run(case, links, method, condition, period_ms, seconds, seed)
        for name, method in methods.items()
    }


def _run(
    case: Case,
    links: LinkMap,
    method: Method,
    condition: Condition,
    period_ms: int,
    seconds: float,
    seed: int,
) -> dict[str, float]:
    a_period = period_ms // STEP_MS
    blind = (condition.age + 1) * a_period
    steps = max(round(1000.0 * seconds / STEP_MS), 2 * blind)
    plant = plants(case.scenario, links, seed, steps, case.speed_kmh)
    view = View(case.scenario, condition, period_ms, seed)
    settled = max(round(_SETTLING_SHARE * steps), blind)
    volume, active = torch.zeros(len(plant.serving)), torch.zeros(len(plant.serving))
    energy_j, taken_ms, moves = 0.0, [], 0
    share = torch.zeros_like(active)
    for step in range(steps):
        done = plant.advance()
        share += done.active_ms / period_ms
        if step >= settled:
            volume, active = volume + done.volume_mbit, active + done.active_ms
            energy_j += done.consumed_w * STEP_MS / 1000.0
        if (step + 1) % a_period:
            continue
        network = view.see(plant.rsrp_dbm(), plant.serving, plant.power_mw, share)
        share = torch.zeros_like(active)
        if network is None:
            continue
        present_mw = plant.power_mw.double().numpy()
        began = time.process_time()
        wanted_mw = method.decide(network, present_mw)
        taken_ms.append(1e3 * (time.process_time() - began))
        moves += int((wanted_mw != present_mw).sum())
        plant.power_mw = torch.from_numpy(wanted_mw).float()
    measured_s = (steps - settled) * STEP_MS / 1000.0
    rate_mbps = (volume / (active / 1000.0))[active > 0].numpy()
    return {
        "goodput_mbps": float(volume.sum()) / measured_s,
        "p5_mbps": float(np.quantile(rate_mbps, 0.05)),
        "geometric_mean_mbps": float(np.exp(np.log(rate_mbps.clip(1e-3)).mean())),
        "consumed_w": energy_j / measured_s,
        "mbit_per_joule": float(volume.sum()) / energy_j,
        "moves_a_decision": moves / max(1, len(taken_ms)),
        "decision_p50_ms": float(np.median(taken_ms)),
        "decision_p99_ms": float(np.quantile(taken_ms, 0.99)),
    }
