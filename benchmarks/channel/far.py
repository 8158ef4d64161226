"""How far ahead a prediction is worth more than falling back: precoders on validation sequences.

    python -m benchmarks.channel.far

Groups of four UEs of UMi at 4.9 and UMa at 2.1 GHz, both of training, in steps of 1 ms, at 20 dB,
from 3 to 100 km/h; sum rates of regularised zero forcing 5, 10 and 20 ms ahead. Beyond a threshold
on Doppler spread times horizon the model's prediction is replaced by the last sample, or by the
bounded autoregression. :data:`tools.channel.portfolio.FAR` is the best of these.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.channel.precoding import AGES_MS, rates
from benchmarks.machine import code, machine
from tools.channel.data.sets import TRAINING
from tools.channel.data.store import sequences
from tools.channel.data.stream import with_noise
from tools.channel.portfolio import bounded, doppler_spread
from tools.channel.shipped import trained
from tools.power.runtime import numerics

SETS = ("umi-4.9", "uma-2.1")
SPEEDS_KMH = (3.0, 10.0, 30.0, 60.0, 100.0)
THRESHOLDS = (0.3, 0.45, 0.6, 0.75, 0.9, 1.2, 1.6)
RESULTS = Path(__file__).parents[1] / "results" / "channel_far.json"

_PAST, _STEPS, _SEQUENCES, _SEED = 8, 20, 32, 3
_SNR_DB = 20.0


def case(name: str, speed_kmh: float) -> dict[str, Tensor]:
    """Predictions of one set at one speed."""
    configuration = replace(
        TRAINING[name],
        subcarriers=16,
        time_step_s=1e-3,
        time_steps=_PAST + _STEPS,
        speed_kmh=(speed_kmh, speed_kmh),
    )
    clean = sequences(configuration, "validation", _SEQUENCES)
    generator = torch.Generator().manual_seed(_SEED)
    past = with_noise(clean, torch.full((_SEQUENCES,), _SNR_DB), generator)[:, :_PAST]
    return {
        "model": trained().model.predict(past, _STEPS, configuration.array),
        "held": past[:, -1:].expand(-1, _STEPS, -1, -1),
        "autoregression": bounded(past, _STEPS, configuration.array),
        "spread": doppler_spread(past, configuration.array),
        "true": clean[:, _PAST:],
    }


def sum_rates(cases: Mapping[str, dict[str, Tensor]], other: str, threshold: float) -> list[float]:
    """Of every case and age, with another prediction beyond a threshold."""
    found = []
    for made in cases.values():
        for age in AGES_MS:
            far = (made["spread"] * age > threshold)[:, None, None]
            chosen = torch.where(far, made[other][:, age - 1], made["model"][:, age - 1])
            found.append(float(rates(chosen, made["true"][:, age - 1], "rzf").mean()))
    return found


def main() -> None:
    """Measure, print, and write."""
    with numerics(), torch.inference_mode():
        cases = {f"{n}-{v:.0f}kmh": case(n, v) for n in SETS for v in SPEEDS_KMH}
        alone = torch.tensor(sum_rates(cases, "held", torch.inf))
        held = torch.tensor(sum_rates(cases, "held", -1.0))
        rows: dict[str, Any] = {
            "model": {"mean_bps_hz": round(float(alone.mean()), 3)},
            "held": {"mean_bps_hz": round(float(held.mean()), 3)},
        }
        for other in ("held", "autoregression"):
            for threshold in THRESHOLDS:
                some = torch.tensor(sum_rates(cases, other, threshold))
                rows[f"{other} beyond {threshold}"] = {
                    "mean_bps_hz": round(float(some.mean()), 3),
                    "least_over_model_bps_hz": round(float((some - alone).min()), 3),
                    "least_over_held_bps_hz": round(float((some - held).min()), 3),
                }
    for name, row in rows.items():
        print(f"{name:<28}{row}")
    document = {"sequences": _SEQUENCES, "rows": rows, "machine": machine(), "code": code()}
    RESULTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
