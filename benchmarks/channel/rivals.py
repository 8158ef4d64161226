"""Training of the learned rivals of the channel model, on the sequences that it is trained on.

    python -m benchmarks.channel.rivals lstm lstm.safetensors --seconds 150

The batches are those of the model's training steps, in the same order, for equal CPU seconds: a
rival's step is cheaper, so that it takes more of them.
"""

import argparse
import time
from pathlib import Path

import torch
from torch import nn

from tools.channel.baselines.transform import to_angle_delay
from tools.channel.data.sets import TRAINING
from tools.channel.data.stream import Stream
from tools.channel.rivals import RIVALS, rival, save_rival
from tools.channel.wifo.recipe import recipe
from tools.learning.fitting import LARGEST_GRADIENT, WEIGHT_DECAY, scheduled
from tools.power.runtime import numerics
from twins.runtime import derive_seed

PAST, FUTURE = 8, 8
_FLOOR = 1e-4


def main() -> None:
    """Train one rival, and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=sorted(RIVALS))
    parser.add_argument("out", type=Path)
    parser.add_argument("--recipe", default="cpu")
    parser.add_argument("--seconds", type=float, required=True, help="of CPU time")
    given = parser.parse_args()
    chosen = recipe(given.recipe, 0)
    with numerics():
        torch.manual_seed(derive_seed("channel-rival", given.kind, 0))
        model = rival(given.kind)
        optimiser = torch.optim.AdamW(model.parameters(), chosen.rate, weight_decay=WEIGHT_DECAY)
        stream = Stream(
            list(TRAINING.values()),
            "training",
            chosen.sequences,
            chosen.batch,
            chosen.seed,
            chosen.snr_db,
        )
        started, step, used = time.process_time(), 0, 0.0
        while used < given.seconds:
            for group in optimiser.param_groups:
                share = scheduled(round(1e3 * used), round(1e3 * given.seconds), 0)
                group["lr"] = chosen.rate * share * min(1.0, (step + 1) / chosen.warm_up)
            batch = stream.batch(step)
            future = batch.clean[:, PAST : PAST + FUTURE]
            clean = to_angle_delay(future, batch.array).flatten(2)
            error = (model(batch.noisy[:, :PAST], FUTURE, batch.array) - clean).abs().square()
            ratio = error.sum((1, 2)) / clean.abs().square().sum((1, 2))
            loss = torch.log(ratio + _FLOOR).mean()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(model.parameters(), LARGEST_GRADIENT)
            optimiser.step()
            step, used = step + 1, time.process_time() - started
            if step % 50 == 0:
                print(f"{step} steps, {used:.0f} s: {float(loss.detach()):.3f}", flush=True)
        save_rival(model, given.out, step)


if __name__ == "__main__":
    main()
