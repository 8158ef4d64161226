"""Prediction of CSI, and what it is worth to precoders.

    python -m benchmarks.channel --folder pieces --minutes 60

Tables of :mod:`benchmarks.channel.prediction` at 5, 10 and 20 dB, of
:mod:`benchmarks.channel.precoding` and of :mod:`benchmarks.channel.few_shot`, for the model that
ships or another file. A run that was cut off goes on where it stopped.
"""

import argparse
import json
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import torch

from benchmarks.channel import few_shot, precoding
from benchmarks.channel.prediction import (
    SEED,
    SEEN,
    SNRS_DB,
    methods,
    piece,
    timed,
    with_rivals,
)
from benchmarks.channel.summary import show, summary
from benchmarks.machine import machine
from benchmarks.pieces import OutOfTimeError, Pieces
from contracts.canonical import digest_bytes
from contracts.errors import RanwrightError
from tools.channel.data.sets import TRAINING, UNSEEN
from tools.channel.rivals import load_rival
from tools.channel.shipped import SHIPPED
from tools.channel.wifo.checkpoint import describe, load_model
from tools.power.runtime import numerics

RESULTS = Path(__file__).parents[1] / "results" / "channel.json"


def main() -> None:
    """Measure what is missing, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=SHIPPED)
    parser.add_argument("--rivals", type=Path, nargs="*", default=[], help="of .rivals")
    parser.add_argument("--folder", type=Path, required=True, help="of the pieces")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--minutes", type=float, default=60.0)
    given = parser.parse_args()
    model = load_model(given.model)
    about = {"seed": SEED, "files": {"channel": digest_bytes(given.model.read_bytes())}}
    pieces = Pieces(given.folder, about, given.minutes)
    document: dict[str, Any] = {**about, "machine": machine(), "pieces": {}, "left_out": {}}

    def keep(part: str, key: str, make: Any) -> None:
        try:
            document.setdefault(part, {})[key] = pieces.get(key, make)
        except OutOfTimeError:
            document["left_out"][key] = "out of time"
        except RanwrightError as error:
            document["left_out"][key] = error.message

    sets = {n: UNSEEN[n] for n in reversed(list(UNSEEN))} | {n: TRAINING[n] for n in SEEN}
    with numerics(), torch.inference_mode():
        contestants = partial(methods, model)
        rivals = {p.stem: partial(with_rivals, {p.stem: load_rival(p)}) for p in given.rivals}
        keep("cost", "milliseconds", lambda: timed(contestants(20.0)))
        for snr_db in reversed(SNRS_DB):
            for name, configuration in sets.items():
                make = partial(piece, configuration, snr_db, contestants)
                keep("pieces", f"{name}-{snr_db:.0f}dB", make)
            if snr_db == SNRS_DB[-1]:
                for speed_kmh in precoding.SPEEDS_KMH:
                    made = partial(precoding.piece, speed_kmh, model)
                    keep("precoding", f"precoding-{speed_kmh:.0f}kmh", made)
                for name in few_shot.SETS:
                    keep("few_shot", f"few-{name}", partial(few_shot.piece, name, model))
        for (stem, rival), (name, configuration) in product(rivals.items(), sets.items()):
            make = partial(piece, configuration, SNRS_DB[-1], rival)
            keep(stem, f"{stem}-{name}-{SNRS_DB[-1]:.0f}dB", make)
    document["parameters"] = sum(p.numel() for p in model.parameters())
    document["made"] = describe(given.model)
    document["summary"] = summary(document["pieces"], SEEN)
    document["rivals"] = {
        p.stem: {
            "file": digest_bytes(p.read_bytes()),
            "summary": summary(document.get(p.stem, {}), SEEN, f"{p.stem}-"),
        }
        for p in given.rivals
    }
    show(document)
    precoding.show(document.get("precoding", {}))
    few_shot.show(document.get("few_shot", {}))
    given.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
