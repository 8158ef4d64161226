"""The gap between the flow level and the slot-level reference: ``python benchmarks/twin_gap.py``.

Both models get the same UEs, gains, fading and powers. Printed and written are, over all UEs of
all seeds, quantiles of the throughput ratio slot / flow, also by SINR; per seed, the ratios of the
mean and of the 5th percentile throughput; the same under other SNR gaps of the flow level; and how
much of an action's relative effect (every third cell 6 dB down) each model sees.
Intervals are 95 % bootstrap intervals that resample whole seeds. Both models draw their own traffic
and fading, so one row shows the spread of two flow-level runs for comparison.
"""

import argparse
import json
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.machine import machine
from twins.channel import candidate_points, load_link_map, rsrp_dbm
from twins.flow import FlowModel, serving_cells
from twins.runtime import derive_seed, seeded
from twins.scenario import Scenario, load_scenario
from twins.sionna.slot import SlotModel
from twins.sionna.system import load_system_level

QUANTILES = {"p5": 0.05, "median": 0.5, "p95": 0.95}
SINR_EDGES_DB = (-99.0, 0.0, 5.0, 10.0, 20.0, 99.0)
OTHER_LOSSES_DB = (1.0, 2.0, 3.0, 4.0)
ACTION_DB = -6.0
RESAMPLES = 2000


def networks(scenario: Scenario, seeds: list[int]) -> dict[str, torch.Tensor]:
    """One network a seed: UEs drawn over the candidate points, every cell at its start power."""
    links = load_link_map(scenario)
    candidates = candidate_points(scenario, links)
    gains, severities = [], []
    for seed in seeds:
        drawn = torch.randint(
            len(candidates), (scenario.ue_count,), generator=seeded("twin_gap", "ues", seed)
        )
        chosen = links.select(candidates[drawn])
        gains.append(chosen.gain_db())
        severities.append(chosen.fading_severity())
    gain = torch.stack(gains)
    power = torch.tensor([[float(s.configured_max_tx_power_mw) for s in scenario.sectors]])
    return {
        "gain_db": gain,
        "fading_m": torch.stack(severities),
        "serving": serving_cells(rsrp_dbm(scenario, gain, power), None, 0.0),
        "tx_power_mw": power,
        "activity": torch.full((1, scenario.ue_count), scenario.traffic.activity),
    }


def acted(scenario: Scenario, inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The same networks with every third cell turned down, UEs served by their best cell again."""
    change_db = torch.zeros_like(inputs["tx_power_mw"])
    change_db[:, ::3] = ACTION_DB
    power = inputs["tx_power_mw"] * torch.pow(10.0, change_db / 10.0)
    serving = serving_cells(
        rsrp_dbm(scenario, inputs["gain_db"], power),
        inputs["serving"],
        scenario.radio.handover_offset_db,
    )
    return inputs | {"tx_power_mw": power, "serving": serving}


def effects(before: NDArray[np.float32], after: NDArray[np.float32]) -> dict[str, Any]:
    """Relative change of network KPIs under the action, percent, averaged over the seeds."""
    p5 = np.nanpercentile(after, 5, axis=1) / np.nanpercentile(before, 5, axis=1)
    mean = np.nanmean(after, axis=1) / np.nanmean(before, axis=1)
    return {
        "mean": bootstrap(list(100.0 * (mean - 1.0)), np.mean),
        "p5": bootstrap(list(100.0 * (p5 - 1.0)), np.mean),
    }


def bootstrap(per_seed: list[Any], statistic: Any) -> dict[str, float]:
    """A statistic of the seeds' data with its 95 % interval."""
    rng = np.random.default_rng(derive_seed("twin_gap", "bootstrap") % 2**32)
    n = len(per_seed)
    drawn = [statistic([per_seed[i] for i in rng.integers(0, n, n)]) for _ in range(RESAMPLES)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"value": float(statistic(per_seed)), "low": float(low), "high": float(high)}


def ue_ratios(
    numerator: NDArray[np.float32], denominator: NDArray[np.float32]
) -> dict[str, dict[str, float]]:
    """Quantiles of the ratio over all UEs that were active in both."""
    ratio = numerator / denominator
    rows = [r[np.isfinite(r)] for r in ratio]
    return {
        name: bootstrap(rows, lambda s, q=q: np.quantile(np.concatenate(s), q))
        for name, q in QUANTILES.items()
    }


def cohort_ratios(
    slot: NDArray[np.float32], flow: NDArray[np.float32]
) -> dict[str, dict[str, float]]:
    """Ratios of network-wide KPIs, averaged over the seeds."""
    mean = [float(np.nanmean(s) / np.nanmean(f)) for s, f in zip(slot, flow, strict=True)]
    p5 = [
        float(np.nanpercentile(s, 5) / np.nanpercentile(f, 5))
        for s, f in zip(slot, flow, strict=True)
    ]
    return {"mean": bootstrap(mean, np.mean), "p5": bootstrap(p5, np.mean)}


def by_sinr(
    slot: NDArray[np.float32], flow: NDArray[np.float32], sinr_db: NDArray[np.float32]
) -> list[dict[str, Any]]:
    """Median ratio of the UEs between two SINRs of the flow level."""
    ratio = slot / flow
    rows = []
    for low, high in pairwise(SINR_EDGES_DB):
        inside = (sinr_db >= low) & (sinr_db < high) & np.isfinite(ratio)
        chosen = [r[i] for r, i in zip(ratio, inside, strict=True)]
        median = bootstrap(chosen, lambda s: np.median(np.concatenate(s)))
        rows.append({"from_db": low, "to_db": high, "ues": int(inside.sum()), **median})
    return rows


def other_losses(
    scenario: Scenario, inputs: dict[str, torch.Tensor], slot: NDArray[np.float32], steps: int
) -> list[dict[str, float]]:
    """What the gap would be under another SNR gap of the flow level."""
    rows = []
    for loss_db in OTHER_LOSSES_DB:
        radio = scenario.radio.model_copy(update={"implementation_loss_db": loss_db})
        flow = (
            FlowModel(scenario.model_copy(update={"radio": radio}))
            .run(**inputs, steps=steps, generator=seeded("twin_gap", "flow", 0))
            .throughput_mbps()
            .numpy()
        )
        p5 = np.nanpercentile(slot, 5, axis=1) / np.nanpercentile(flow, 5, axis=1)
        rows.append(
            {
                "implementation_loss_db": loss_db,
                "ue_median": float(np.nanmedian(slot / flow)),
                "network_mean": float(np.mean(np.nanmean(slot, 1) / np.nanmean(flow, 1))),
                "network_p5": float(p5.mean()),
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenario", default="munich")
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--slot-steps", type=int, default=10, help="of 100 ms")
    parser.add_argument("--flow-steps", type=int, default=300)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/twin_gap.json"))
    options = parser.parse_args()
    torch.set_num_threads(1)  # many small operations: more threads only slow them down
    scenario = load_scenario(options.scenario)
    seeds = list(range(1, options.seeds + 1))
    inputs = networks(scenario, seeds)

    start = time.perf_counter()
    flow_model = FlowModel(scenario)
    flow = flow_model.run(
        **inputs, steps=options.flow_steps, generator=seeded("twin_gap", "flow", 0)
    )
    flow_s = time.perf_counter() - start
    short = flow_model.run(
        **inputs, steps=options.slot_steps, generator=seeded("twin_gap", "flow", 1)
    )
    load_system_level(seed=0)
    start = time.perf_counter()
    slot = SlotModel(scenario).run(
        **inputs, steps=options.slot_steps, generator=seeded("twin_gap", "slot", 0)
    )
    slot_s = time.perf_counter() - start

    flow_mbps, short_mbps, slot_mbps = (r.throughput_mbps().numpy() for r in (flow, short, slot))
    after = acted(scenario, inputs)
    flow_after = flow_model.run(
        **after, steps=options.flow_steps, generator=seeded("twin_gap", "flow", 0)
    )
    slot_after = SlotModel(scenario).run(
        **after, steps=options.slot_steps, generator=seeded("twin_gap", "slot", 0)
    )
    result = {
        "benchmark": "twin_gap",
        "scenario": scenario.name,
        "scenario_digest": scenario.digest,
        "seeds": seeds,
        "ues_per_seed": scenario.ue_count,
        "slot_steps_of_100_ms": options.slot_steps,
        "flow_steps_of_100_ms": options.flow_steps,
        "ue_throughput_ratio_slot_to_flow": ue_ratios(slot_mbps, flow_mbps),
        "ue_throughput_ratio_flow_to_flow": ue_ratios(short_mbps, flow_mbps),
        "network_ratio_slot_to_flow": cohort_ratios(slot_mbps, flow_mbps),
        "ue_throughput_ratio_by_sinr": by_sinr(slot_mbps, flow_mbps, flow.sinr_db.numpy()),
        "under_other_losses": other_losses(scenario, inputs, slot_mbps, options.flow_steps),
        "action_effect_percent": {
            "flow": effects(flow_mbps, flow_after.throughput_mbps().numpy()),
            "slot": effects(slot_mbps, slot_after.throughput_mbps().numpy()),
        },
        "mean_sinr_difference_db": float((slot.sinr_db - flow.sinr_db).mean()),
        "wall_s_per_network_second": {
            "flow": flow_s / len(seeds) / (options.flow_steps / 10.0),
            "slot": slot_s / len(seeds) / (options.slot_steps / 10.0),
        },
        "machine": machine(),
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    report(result)


def report(result: dict[str, Any]) -> None:
    print(f"{result['scenario']}, {len(result['seeds'])} seeds x {result['ues_per_seed']} UEs")
    print(f"{'ratio':<34}{'value':>8}{'95 % interval':>18}")
    for title, key in (
        ("UE throughput slot/flow", "ue_throughput_ratio_slot_to_flow"),
        ("UE throughput flow/flow", "ue_throughput_ratio_flow_to_flow"),
        ("network KPI slot/flow", "network_ratio_slot_to_flow"),
    ):
        for name, row in result[key].items():
            label = f"{title}, {name}"
            print(f"{label:<34}{row['value']:>8.3f}{row['low']:>10.3f}..{row['high']:.3f}")
    for row in result["ue_throughput_ratio_by_sinr"]:
        label = f"median at {row['from_db']:g}..{row['to_db']:g} dB, {row['ues']} UEs"
        print(f"{label:<34}{row['value']:>8.3f}{row['low']:>10.3f}..{row['high']:.3f}")
    for row in result["under_other_losses"]:
        print("  ".join(f"{k} {v:.3f}" for k, v in row.items()))
    for model, kpis in result["action_effect_percent"].items():
        for name, row in kpis.items():
            label = f"action's effect at {model} level, {name}, %"
            print(f"{label:<40}{row['value']:>8.2f}{row['low']:>10.2f}..{row['high']:.2f}")
    speed = result["wall_s_per_network_second"]
    print(f"wall time per network-second: flow {speed['flow']:.4f} s, slot {speed['slot']:.1f} s")


if __name__ == "__main__":
    main()
