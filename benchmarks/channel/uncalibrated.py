"""What is left of the gain when the array is not what the paths' finder takes it for.

    python -m benchmarks.channel.uncalibrated

All CSI here is made of plane waves on ideal arrays, which is just what
:mod:`tools.channel.specular` assumes. Here every antenna of a sequence has a gain and a phase of
its own, Gaussian, unknown and constant; the rest as in :mod:`benchmarks.channel.prediction`.
"""

import json
import math
from pathlib import Path
from typing import Any

import torch

from benchmarks.channel.prediction import FUTURE, PAST, SEED, against, measured, statistics
from benchmarks.machine import code, machine
from tools.channel.baselines.predictor import Predictor
from tools.channel.baselines.tuned import classical
from tools.channel.data.sets import UNSEEN
from tools.channel.data.store import normalised, sequences
from tools.channel.data.stream import with_noise
from tools.channel.portfolio import Portfolio
from tools.channel.shipped import trained
from tools.channel.specular import Specular
from tools.power.runtime import numerics
from twins.runtime import seeded

SETS = {"site-etoile": 32, "cdl-c-30kmh": 24}
ERRORS = ((0.0, 0.0), (0.25, 2.0), (0.5, 5.0), (1.0, 10.0))
"""Standard deviations: gain in dB, phase in degrees."""

RESULTS = Path(__file__).parents[1] / "results" / "channel_uncalibrated.json"
_SNR_DB = 20.0


def case(name: str, gain_db: float, phase_deg: float) -> dict[str, Any]:
    """NMSE of PAD, model, paths and both together, and what each gains over PAD."""
    configuration, count = UNSEEN[name], SETS[name]
    generator = seeded("channel-uncalibrated", SEED, configuration.digest)
    shape = (count, 1, 1, configuration.array.antennas)
    gain = gain_db * torch.randn(shape, generator=generator)
    phase = math.radians(phase_deg) * torch.randn(shape, generator=generator)
    error = torch.polar(10.0 ** (gain / 20.0), phase)
    clean = normalised(sequences(configuration, "test", count) * error)
    noisy = with_noise(clean, torch.full((count,), _SNR_DB), generator)
    model = trained().model
    contestants: dict[str, Predictor] = {
        "pad": classical(_SNR_DB)["pad"],
        "model": model.predict,
        "paths": Specular(),
        "portfolio": Portfolio(model).predict,
    }
    future = clean[:, PAST : PAST + FUTURE]
    found = {k: measured(m, noisy[:, :PAST], future, configuration) for k, m in contestants.items()}
    return {k: {**statistics(*v), **against(v, found["pad"])} for k, v in found.items()}


def main() -> None:
    """Measure, print, and write."""
    rows = {}
    with numerics(), torch.inference_mode():
        for name in SETS:
            for gain_db, phase_deg in ERRORS:
                key = f"{name}, {gain_db:g} dB, {phase_deg:g} degrees"
                rows[key] = case(name, gain_db, phase_deg)
                told = "  ".join(f"{k} {v['nmse_db']:.2f}" for k, v in rows[key].items())
                print(f"{key:<36}{told}", flush=True)
    document = {"sequences": SETS, "rows": rows, "machine": machine(), "code": code()}
    RESULTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
