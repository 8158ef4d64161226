"""Prediction of CSI: NMSE against the clean future, classical predictors beside the model.

    python -m benchmarks.channel --model model.safetensors --folder pieces --minutes 60

Eight past samples at 5, 10 and 20 dB, eight future ones. The bar is the best classical predictor
of each set, chosen in hindsight from those that are tuned on the training part (at each SNR by
itself, which the model is not told). Differences to it are paired, with 95 % bootstrap intervals
over sequences. A run that was cut off goes on where it stopped.
"""

import argparse
import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.channel_summary import show, summary
from benchmarks.machine import code, machine
from benchmarks.pieces import OutOfTimeError, Pieces
from contracts.canonical import digest_bytes
from contracts.errors import RanwrightError
from tools.channel.baselines.predictor import Predictor
from tools.channel.baselines.tuned import classical
from tools.channel.data.configuration import Configuration
from tools.channel.data.sets import TRAINING, UNSEEN
from tools.channel.data.store import sequences
from tools.channel.data.stream import with_noise
from tools.channel.metrics import squared_errors
from tools.channel.rivals import load_rival
from tools.channel.wifo.bayes import BinSpectra
from tools.channel.wifo.checkpoint import describe, load_model
from tools.channel.wifo.model import ChannelModel
from tools.power.runtime import numerics
from twins.runtime import seeded

RESULTS = Path(__file__).parent / "results" / "channel.json"
SNRS_DB = (5.0, 10.0, 20.0)
PAST, FUTURE = 8, 8
SEEN = ("umi-2.1", "umi-3.5", "uma-3.5", "cdl-a-3.5", "cdl-b-2.1", "cdl-d-3.5", "rays-3.5")
"""Training configurations whose test part is measured."""

NOT_THE_BAR = ("common spectrum", "bin spectra", "model", "lstm", "transformer")
"""Ours, and what is learned."""

_SEED = 20_261
_SEQUENCES, _FEWER = 64, 24
_MANY_BINS = 1024
_RESAMPLES = 2000
_TIMED = 60
_BATCH = 16


def methods(
    model: ChannelModel | None, rivals: Mapping[str, Predictor], snr_db: float
) -> dict[str, Predictor]:
    """All predictors by name."""
    found = {**classical(snr_db), "bin spectra": BinSpectra(), **rivals}
    return found if model is None else {**found, "model": model.predict}


def piece(
    configuration: Configuration, snr_db: float, contestants: Callable[[float], dict[str, Any]]
) -> dict[str, Any]:
    """All methods on one set at one SNR."""
    bins = configuration.subcarriers * configuration.array.antennas
    count = _FEWER if bins >= _MANY_BINS else _SEQUENCES
    clean = sequences(configuration, "test", count)
    generator = seeded("channel-benchmark", _SEED, configuration.digest, round(snr_db))
    past = with_noise(clean, torch.full((count,), snr_db), generator)[:, :PAST]
    future = clean[:, PAST : PAST + FUTURE]
    found = {
        name: measured(method, past, future, configuration)
        for name, method in contestants(snr_db).items()
    }
    bar = min((n for n in found if n not in NOT_THE_BAR), key=lambda n: _nmse_db(*found[n]))
    rows = {
        name: {**statistics(*errors), **against(errors, found[bar])}
        for name, errors in found.items()
    }
    return {
        "sequences": count,
        "bar": bar,
        "rows": rows,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": code(),
    }


def measured(
    method: Predictor, past: Tensor, future: Tensor, configuration: Configuration
) -> tuple[Tensor, Tensor]:
    """Energies of error and channel [B, S]."""
    starts = range(0, len(past), _BATCH)
    parts = [past[i : i + _BATCH] for i in starts]
    predicted = [method(some, FUTURE, configuration.array) for some in parts]
    error, energy = squared_errors(torch.cat(predicted), future)
    return error.double(), energy.double()


def statistics(error: Tensor, energy: Tensor) -> dict[str, Any]:
    """NMSE in dB, its interval, and by step."""
    by_step = 10.0 * torch.log10(error.sum(0) / energy.sum(0))
    return {
        "nmse_db": round(_nmse_db(error, energy), 3),
        "interval_db": _interval(lambda chosen: _drawn_db(error, energy, chosen), len(error)),
        "by_step_db": [round(float(v), 3) for v in by_step],
        "median_db": round(float(10.0 * torch.log10(error.sum(1) / energy.sum(1)).median()), 3),
    }


def against(own: tuple[Tensor, Tensor], bar: tuple[Tensor, Tensor]) -> dict[str, Any]:
    """Advantage over the bar in dB, positive where better."""
    gain = _nmse_db(*bar) - _nmse_db(*own)
    interval = _interval(lambda c: _drawn_db(*bar, c) - _drawn_db(*own, c), len(own[0]))
    return {"over_bar_db": round(gain, 3), "over_bar_interval_db": interval}


def _nmse_db(error: Tensor, energy: Tensor) -> float:
    return float(10.0 * torch.log10(error.sum() / energy.sum()))


def _drawn_db(error: Tensor, energy: Tensor, chosen: Tensor) -> Tensor:
    """NMSE [R] in dB of resampled sequences [R, B]."""
    ratio = error.sum(1)[chosen].sum(1) / energy.sum(1)[chosen].sum(1)
    return 10.0 * torch.log10(ratio)


def _interval(value: Callable[[Tensor], Tensor], count: int) -> list[float]:
    generator = torch.Generator().manual_seed(_SEED)
    drawn = value(torch.randint(count, (_RESAMPLES, count), generator=generator))
    return [round(float(drawn.quantile(q)), 3) for q in (0.025, 0.975)]


def timed(contestants: dict[str, Predictor]) -> dict[str, Any]:
    """CPU milliseconds of a prediction of one sequence, [8, 32, 8] to [8, 32, 8]."""
    configuration = TRAINING["umi-3.5"]
    past = with_noise(
        sequences(configuration, "test", 1), torch.full((1,), 20.0), seeded("channel-time", _SEED)
    )[:, :PAST]
    found = {}
    for name, method in contestants.items():
        spent_ms = []
        for _ in range(_TIMED):
            started = time.process_time()
            method(past, FUTURE, configuration.array)
            spent_ms.append(1e3 * (time.process_time() - started))
        spent = torch.tensor(spent_ms[3:])
        found[name] = {f"p{q}_ms": round(float(spent.quantile(q / 100)), 2) for q in (50, 99)}
    return found


def main() -> None:
    """Measure what is missing, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="checkpoint; without it, classical ones alone")
    parser.add_argument("--rivals", type=Path, nargs="*", default=[], help="of channel_rivals")
    parser.add_argument("--folder", type=Path, required=True, help="of the pieces")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--minutes", type=float, default=60.0)
    given = parser.parse_args()
    model = load_model(given.model) if given.model else None
    files = {p.stem: p for p in ([given.model] if given.model else []) + given.rivals}
    about = {"seed": _SEED, "files": {k: digest_bytes(p.read_bytes()) for k, p in files.items()}}
    pieces = Pieces(given.folder, about, given.minutes)
    sets = dict(UNSEEN) | {n: TRAINING[n] for n in SEEN}
    document: dict[str, Any] = {**about, "machine": machine(), "pieces": {}, "left_out": {}}
    with numerics(), torch.inference_mode():
        rivals = {p.stem: load_rival(p) for p in given.rivals}
        for name, configuration in sets.items():
            for snr_db in SNRS_DB:
                key = f"{name}-{snr_db:.0f}dB"
                make = partial(piece, configuration, snr_db, partial(methods, model, rivals))
                try:
                    document["pieces"][key] = pieces.get(key, make)
                except OutOfTimeError:
                    document["left_out"][key] = "out of time"
                except RanwrightError as error:
                    document["left_out"][key] = error.message
        contestants = methods(model, rivals, 20.0)
        document["milliseconds"] = pieces.get("milliseconds", lambda: timed(contestants))
    if model is not None:
        document["parameters"] = sum(p.numel() for p in model.parameters())
        document["made"] = describe(given.model)
    document["summary"] = summary(document["pieces"], SEEN)
    show(document)
    given.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
