"""``ranwright twin run``: a scenario as it starts, simulated for a while, in KPIs by cell."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from contracts.canonical import Contract
from twins.channel import load_link_map
from twins.flow import STEP_MS, FlowModel
from twins.plant.truth import draw_truth, start_power_mw
from twins.runtime import configure_thread, seeded
from twins.scenario import Scenario, load_scenario

if TYPE_CHECKING:
    from twins.sionna.slot import SlotModel


class CellKpis(Contract):
    """KPIs of one cell over the simulated window."""

    cell_id: int
    ues: int
    mean_mbps: float | None
    p5_mbps: float | None
    prb_usage_percent: float


class TwinKpis(Contract):
    """KPIs of all cells, and what was simulated."""

    scenario: str
    level: str
    simulated_s: float
    seed: int
    cells: tuple[CellKpis, ...]


def simulate(name_or_path: str, seconds: float, seed: int, slot_level: bool) -> TwinKpis:
    """Simulate a scenario from its start powers, with one drop of UEs.

    Args:
        seconds: network time.
        seed: of the drop, its perturbations, fading and traffic.
        slot_level: use the slot-level reference instead of the flow level.

    Raises:
        RanwrightError: as :func:`twins.scenario.load_scenario`.
    """
    configure_thread()
    scenario = load_scenario(name_or_path)
    truth = draw_truth(scenario, load_link_map(scenario), seed)
    power = start_power_mw(scenario)
    serving = (truth.gain_db + 10.0 * torch.log10(power)).argmax(-1)
    result = _model(scenario, slot_level).run(
        gain_db=truth.gain_db[None],
        fading_m=truth.fading_m[None],
        serving=serving[None],
        tx_power_mw=power[None],
        activity=truth.activity[None],
        steps=max(1, round(1000.0 * seconds / STEP_MS)),
        generator=seeded("demo", seed),
    )
    throughput = result.throughput_mbps()[0]
    return TwinKpis(
        scenario=scenario.name,
        level="slot" if slot_level else "flow",
        simulated_s=seconds,
        seed=seed,
        cells=tuple(
            _cell(cell_id, throughput[serving == i], float(result.prb_usage[0, i]))
            for i, cell_id in enumerate(scenario.cell_ids)
        ),
    )


def _model(scenario: Scenario, slot_level: bool) -> "FlowModel | SlotModel":
    if not slot_level:
        return FlowModel(scenario)
    from twins.sionna.slot import SlotModel  # Sionna SYS takes seconds to import

    return SlotModel(scenario)


def _cell(cell_id: int, throughput_mbps: Tensor, prb_usage: float) -> CellKpis:
    active = throughput_mbps[~throughput_mbps.isnan()].double()
    return CellKpis(
        cell_id=cell_id,
        ues=throughput_mbps.numel(),
        mean_mbps=float(active.mean()) if active.numel() else None,
        p5_mbps=float(active.quantile(0.05)) if active.numel() else None,
        prb_usage_percent=100.0 * prb_usage,
    )
