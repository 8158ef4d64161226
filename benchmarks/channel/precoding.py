"""What predicted CSI is worth: sum rate of precoders made from CSI that is 5 to 20 ms old.

Groups of four UEs of UMi at 6.7 GHz (never trained on), 16 antennas, 16 subcarriers, 20 dB SNR of
CSI and of the downlink. The last eight samples, 1 ms apart, are held or predicted; zero forcing
and regularised zero forcing (:mod:`tools.beams.design.linear`) are made from what came out, and
judged on the true channel. Rates are sums of log2(1 + SINR), means over groups and subcarriers.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.channel.prediction import SEED
from benchmarks.machine import code
from contracts.errors import RanwrightError
from tools.beams.design.arrays import ArraySite, Complex, PlanarArray
from tools.beams.design.linear import TOO_FEW, regularised_zero_forcing, zero_forcing
from tools.beams.design.link_problem import LinkProblem
from tools.beams.design.quadratic import PowerMap
from tools.beams.design.zone_problem import Caps
from tools.channel.baselines.predictor import Predictor
from tools.channel.baselines.tuned import classical
from tools.channel.data.sets import UNSEEN
from tools.channel.data.store import sequences
from tools.channel.data.stream import with_noise
from tools.channel.portfolio import Portfolio
from tools.channel.wifo.bayes import BinSpectra
from tools.channel.wifo.model import ChannelModel
from twins.runtime import seeded

SPEEDS_KMH = (3.0, 10.0, 30.0, 100.0)
AGES_MS = (5, 10, 20)
PRECODERS = {"zf": zero_forcing, "rzf": regularised_zero_forcing}

_PAST = 8
_UES = 4
_SEQUENCES = 64
_BATCH = 16
_SNR_DB = 20.0
_SUBCARRIERS_APART = 4
_RESAMPLES = 2000


def piece(speed_kmh: float, model: ChannelModel) -> dict[str, Any]:
    """Sum rates in bit/s/Hz by method, age and precoder, with intervals over groups of UEs."""
    configuration = replace(
        UNSEEN["umi-6.7"],
        subcarriers=16,
        time_step_s=1e-3,
        time_steps=_PAST + max(AGES_MS),
        speed_kmh=(speed_kmh, speed_kmh),
    )
    clean = sequences(configuration, "test", _SEQUENCES)
    noise = seeded("channel-precoding", SEED, configuration.digest)
    past = with_noise(clean, torch.full((_SEQUENCES,), _SNR_DB), noise)[:, :_PAST]
    tuned = classical(_SNR_DB)
    contestants: dict[str, Predictor] = {
        "held": tuned["hold"],
        "pad": tuned["pad"],
        "ar": tuned["ar"],
        "kalman": tuned["kalman"],
        "bin spectra": BinSpectra(),
        "model": model.predict,
        "portfolio": Portfolio(model).predict,
    }
    steps = max(AGES_MS)
    starts = range(0, _SEQUENCES, _BATCH)
    found = {
        name: torch.cat([method(past[i : i + _BATCH], steps, configuration.array) for i in starts])
        for name, method in contestants.items()
    }
    found["true"] = clean[:, _PAST:]
    rows: dict[str, Any] = {}
    for age_ms in AGES_MS:
        true = clean[:, _PAST + age_ms - 1]
        for precoder in PRECODERS:
            summed = {k: rates(v[:, age_ms - 1], true, precoder) for k, v in found.items()}
            rows[f"{precoder}-{age_ms}ms"] = {
                name: {
                    "bps_hz": round(float(rate.mean()), 3),
                    "over_held": _interval(rate - summed["held"]),
                }
                for name, rate in summed.items()
            }
    return {"groups": _SEQUENCES // _UES, "rows": rows, "code": code()}


def rates(estimate: Tensor, true: Tensor, precoder: str) -> Tensor:
    """Sum rates [G] of groups from estimated and true channels [B, K, N]."""
    known, real = (v.numpy().astype(np.complex128) for v in (estimate, true))
    groups = [slice(i, i + _UES) for i in range(0, len(known), _UES)]
    subcarriers = range(0, known.shape[1], _SUBCARRIERS_APART)
    return torch.tensor(
        [np.mean([_rate(known[g, k], real[g, k], precoder) for k in subcarriers]) for g in groups]
    )


def _rate(known: Complex, real: Complex, precoder: str) -> float:
    """Sum rate of one group on one subcarrier, from channels [UEs, N]; 0 where none is found."""
    antennas = known.shape[1]
    site = ArraySite("site", (0.0, 0.0, 10.0), PlanarArray(1, antennas, 0.0), 1.0)
    problem = LinkProblem(
        sites=(site,),
        channels=(known,),
        serving=np.zeros(_UES, np.intp),
        noise_mw=10.0 ** (-_SNR_DB / 10.0),
        minimum_sinr=np.zeros(_UES),
        names=tuple(f"ue{i}" for i in range(_UES)),
        caps=Caps(PowerMap.empty([antennas]), np.zeros(0), ()),
    )
    try:
        beams = PRECODERS[precoder](problem)
    except RanwrightError as error:
        if error.code != TOO_FEW:
            raise
        return 0.0
    return float(replace(problem, channels=(real,)).rates_bps_hz(beams).sum())


def _interval(difference: Tensor) -> dict[str, Any]:
    generator = torch.Generator().manual_seed(SEED)
    drawn = torch.randint(len(difference), (_RESAMPLES, len(difference)), generator=generator)
    means = difference[drawn].mean(1)
    low, high = (round(float(means.quantile(q)), 3) for q in (0.025, 0.975))
    return {"bps_hz": round(float(difference.mean()), 3), "interval": [low, high]}


def show(pieces: dict[str, Any]) -> None:
    """Print sum rates."""
    for key, made in pieces.items():
        print(key)
        for case, row in made["rows"].items():
            told = "  ".join(f"{name} {cell['bps_hz']:.2f}" for name, cell in row.items())
            print(f"  {case:<9}{told}")
