"""Adaptation to one unseen configuration with 32 of its sequences: all weights, LoRA, and scratch.

20 dB SNR, 40 steps each. Scratch is the model before its first step, fitted alike. Judged on other
sequences of the configuration; the sequences that are adapted on are of its training part, which
nothing else draws.
"""

from typing import Any

import torch

from benchmarks.channel.prediction import FUTURE, PAST, SEED, against, measured, statistics
from benchmarks.channel.prediction import untrained as before_training
from benchmarks.machine import code
from tools.channel.data.sets import UNSEEN
from tools.channel.data.store import sequences
from tools.channel.data.stream import Batch, with_noise
from tools.channel.wifo.adaptation import Adaptation, Scope
from tools.channel.wifo.model import ChannelModel
from twins.runtime import seeded

SETS = ("cdl-c-60kmh",)

_FEW, _STEPS, _JUDGED = 32, 40, 48
_SNR_DB = 20.0


def piece(name: str, model: ChannelModel) -> dict[str, Any]:
    """NMSE in dB of the model as it is and adapted, and differences to it as it is."""
    configuration = UNSEEN[name]
    noise = seeded("channel-few-shot", SEED, configuration.digest)
    few = sequences(configuration, "training", _FEW)
    snr_db = torch.full((_FEW,), _SNR_DB)
    batch = Batch(with_noise(few, snr_db, noise), few, snr_db, configuration.array)
    full = Adaptation(Scope.FULL, _STEPS)
    lora = Adaptation(Scope.LORA, _STEPS)
    with torch.inference_mode(mode=False), torch.enable_grad():
        adapted = {
            "as it is": model,
            "full": full.of(model, batch, PAST),
            "lora": lora.of(model, batch, PAST),
            "untrained": before_training(),
            "scratch": full.of(before_training(), batch, PAST),
        }
    clean = sequences(configuration, "test", _JUDGED)
    past = with_noise(clean, torch.full((_JUDGED,), _SNR_DB), noise)[:, :PAST]
    future = clean[:, PAST : PAST + FUTURE]
    found = {k: measured(m.predict, past, future, configuration) for k, m in adapted.items()}
    return {
        "rows": {
            k: {**statistics(*errors), **against(errors, found["as it is"])}
            for k, errors in found.items()
        },
        "few": _FEW,
        "steps": _STEPS,
        "code": code(),
    }


def show(pieces: dict[str, Any]) -> None:
    """Print NMSEs."""
    for key, made in pieces.items():
        told = "  ".join(f"{name} {row['nmse_db']:.2f}" for name, row in made["rows"].items())
        print(f"{key}: {told}")
