"""NMSE of the upper half of a band, found from its lower half.

    python -m benchmarks.channel.band --folder pieces

Eight noisy samples of the lower half are known, the clean upper half of the same samples is
wanted. The model is the one that predicts in time: it has seen no such task, and works along
frequency as :func:`tools.channel.baselines.frequency.along_frequency` has it. The bar is the best
of the classical extrapolators on each set, in hindsight, tuned to this task on the training part.
"""

import argparse
import json
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.channel.prediction import PAST, SEED, SEEN, against, statistics
from benchmarks.channel.summary import show, summary
from benchmarks.machine import code, machine
from benchmarks.pieces import OutOfTimeError, Pieces
from contracts.canonical import digest_bytes
from tools.channel.baselines.frequency import along_frequency
from tools.channel.baselines.predictor import Predictor
from tools.channel.baselines.tuned import classical_above
from tools.channel.data.configuration import Configuration
from tools.channel.data.sets import TRAINING, UNSEEN
from tools.channel.data.store import sequences
from tools.channel.data.stream import with_noise
from tools.channel.metrics import squared_errors
from tools.channel.shipped import SHIPPED
from tools.channel.wifo.bayes import BinSpectra
from tools.channel.wifo.checkpoint import load_model
from tools.channel.wifo.model import ChannelModel
from tools.power.runtime import numerics
from twins.runtime import seeded

RESULTS = Path(__file__).parents[1] / "results" / "channel_band.json"
SNRS_DB = (20.0, 10.0)
_SEQUENCES, _BATCH = 24, 8


def piece(configuration: Configuration, snr_db: float, model: ChannelModel) -> dict[str, Any]:
    """All extrapolators on one set at one SNR."""
    clean = sequences(configuration, "test", _SEQUENCES)[:, :PAST]
    generator = seeded("band-benchmark", SEED, configuration.digest, round(snr_db))
    noisy = with_noise(clean, torch.full((len(clean),), snr_db), generator)
    low = configuration.subcarriers // 2
    known, wanted = noisy[:, :, :low], clean[:, :, low:]
    bars = classical_above(snr_db)
    ours: dict[str, Predictor] = {"bin spectra": BinSpectra(), "model": model.predict}
    contestants = bars | {name: along_frequency(method) for name, method in ours.items()}
    found = {n: _errors(m, known, wanted, configuration) for n, m in contestants.items()}
    rows = {name: statistics(*errors) for name, errors in found.items()}
    bar = min(bars, key=lambda name: float(rows[name]["nmse_db"]))
    return {
        "sequences": len(clean),
        "bar": bar,
        "rows": {n: row | against(found[n], found[bar]) for n, row in rows.items()},
    }


def _errors(
    method: Predictor, known: Tensor, wanted: Tensor, configuration: Configuration
) -> tuple[Tensor, Tensor]:
    """Energies of error and channel [B, subcarriers], the lowest first."""
    parts = torch.split(known, _BATCH)
    above = torch.cat([method(some, wanted.shape[2], configuration.array) for some in parts])
    error, energy = squared_errors(above.transpose(1, 2), wanted.transpose(1, 2))
    return error.double(), energy.double()


def main() -> None:
    """Measure what is missing, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="of the pieces")
    parser.add_argument("--minutes", type=float, default=60.0)
    given = parser.parse_args()
    about = {"seed": SEED, "model": digest_bytes(SHIPPED.read_bytes())}
    pieces = Pieces(given.folder, about, given.minutes)
    document: dict[str, Any] = {**about, "machine": machine(), "code": code()}
    document |= {"pieces": {}, "left_out": {}}
    model = load_model(SHIPPED)
    sets = dict(UNSEEN) | {name: TRAINING[name] for name in SEEN}
    with numerics(), torch.inference_mode():
        for snr_db in SNRS_DB:
            for name, configuration in sets.items():
                key = f"{name}-{snr_db:.0f}dB"
                try:
                    made = partial(piece, configuration, snr_db, model)
                    document["pieces"][key] = pieces.get(key, made)
                except OutOfTimeError:
                    document["left_out"][key] = "out of time"
    document["summary"] = summary(document["pieces"], SEEN)
    show(document)
    RESULTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
