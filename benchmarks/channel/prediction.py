"""NMSE of predicted CSI on one set at one SNR, classical predictors beside the model.

Eight past samples, eight future ones. The bar is the best classical predictor of each set, chosen
in hindsight from those that are tuned on the training part (at each SNR by itself, which the model
is not told). Differences to it are paired, with 95 % bootstrap intervals over sequences.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import torch
from torch import Tensor

from benchmarks.machine import code
from tools.channel.baselines.predictor import Predictor
from tools.channel.baselines.tuned import classical
from tools.channel.data.configuration import Configuration
from tools.channel.data.sets import TRAINING
from tools.channel.data.store import sequences
from tools.channel.data.stream import with_noise
from tools.channel.metrics import squared_errors
from tools.channel.portfolio import Portfolio
from tools.channel.specular import Specular
from tools.channel.wifo.bayes import BinSpectra
from tools.channel.wifo.model import ChannelModel
from tools.channel.wifo.recipe import RECIPES
from twins.runtime import derive_seed, seeded

SNRS_DB = (5.0, 10.0, 20.0)
PAST, FUTURE = 8, 8
SEEN = ("umi-2.1", "umi-3.5", "uma-3.5", "cdl-a-3.5", "cdl-b-2.1", "cdl-d-3.5", "rays-3.5")
"""Training configurations whose test part is measured."""

NOT_THE_BAR = (
    "common spectrum",
    "bin spectra",
    "untrained",
    "lstm",
    "transformer",
    "model",
    "paths",
    "portfolio",
)
"""Ours, and what is learned."""

SEED = 20_261
_SEQUENCES, _OF_SITES, _FEWER = 24, 64, 12
_MANY_BINS = 1024
_RESAMPLES = 2000
_TIMED = 60
_BATCH = 16


def methods(model: ChannelModel, snr_db: float) -> dict[str, Predictor]:
    """All predictors by name; ``untrained`` is the model before its first step, at 20 dB alone."""
    found = {**classical(snr_db), "bin spectra": BinSpectra()}
    if snr_db == SNRS_DB[-1]:
        found["untrained"] = untrained().predict
    return {
        **found,
        "model": model.predict,
        "paths": Specular(),
        "portfolio": Portfolio(model).predict,
    }


def with_rivals(rivals: Mapping[str, Predictor], snr_db: float) -> dict[str, Predictor]:
    """The learned rivals, and those that make the bar."""
    bar = {k: v for k, v in classical(snr_db).items() if k not in NOT_THE_BAR}
    return {**bar, **rivals}


@cache
def untrained() -> ChannelModel:
    """The model as training begins with it: its mixture, nothing learned."""
    torch.manual_seed(derive_seed("channel-weights", 0))
    return ChannelModel(RECIPES["cpu"].size).eval().requires_grad_(False)


def piece(
    configuration: Configuration, snr_db: float, contestants: Callable[[float], dict[str, Any]]
) -> dict[str, Any]:
    """All methods on one set at one SNR."""
    bins = configuration.subcarriers * configuration.array.antennas
    count = _FEWER if bins >= _MANY_BINS else _SEQUENCES
    if configuration.generator.startswith("site-"):
        count = _OF_SITES
    clean = sequences(configuration, "test", count)
    generator = seeded("channel-benchmark", SEED, configuration.digest, round(snr_db))
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
    generator = torch.Generator().manual_seed(SEED)
    drawn = value(torch.randint(count, (_RESAMPLES, count), generator=generator))
    return [round(float(drawn.quantile(q)), 3) for q in (0.025, 0.975)]


def timed(contestants: dict[str, Predictor]) -> dict[str, Any]:
    """CPU milliseconds of a prediction of one sequence, [8, 32, 8] to [8, 32, 8]."""
    configuration = TRAINING["umi-3.5"]
    past = with_noise(
        sequences(configuration, "test", 1), torch.full((1,), 20.0), seeded("channel-time", SEED)
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
