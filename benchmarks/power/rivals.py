"""Training of the learned rivals of the graph model, on the very graphs that it is trained on.

    python -m benchmarks.power.rivals pcgnn pcgnn.safetensors

The graphs are those of the model's recipe after its pre-training, in the same order and under the
same caps, so that equal steps are equal graphs. A rival's file says how many steps and CPU seconds
it had; the table of ``benchmarks.power`` prints both. A run that was cut off goes on from the state
beside the file.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from rich.progress import track
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from benchmarks.machine import code, machine
from tools.learning.fitting import LARGEST_GRADIENT, WEIGHT_DECAY
from tools.power.foundation.losses import utility_loss
from tools.power.foundation.recipe import Recipe, recipe
from tools.power.foundation.rivals import EdgeConvolution, UnrolledWmmse
from tools.power.runtime import numerics
from twins.runtime import derive_seed

Rival = EdgeConvolution | UnrolledWmmse
RIVALS: dict[str, Callable[[], Rival]] = {"pcgnn": EdgeConvolution, "uwmmse": UnrolledWmmse}
TRAINED_RIVALS = Path(__file__).parent / "trained_rivals"
"""Where those of the committed results lie."""
SAVE_EVERY = 500
_FORMAT = "ranwright-power-rival-1"
RATES = {"pcgnn": 1e-3, "uwmmse": 1e-2}
"""Largest step sizes. PCGNN's is its publication's; UWMMSE's (1e-3) was far too small here: of
1e-3, 3e-3 and 1e-2 the largest was the best on graphs of two training families (1500 steps)."""


class Training:
    """A rival on the way.

    Args:
        kind: of :data:`RIVALS`.
        source: of the graphs, caps and the course of step sizes.
        rate: largest step size; default :data:`RATES`.
    """

    def __init__(self, kind: str, source: Recipe, rate: float | None = None) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive_seed("rival", source.seed))
            self.model = RIVALS[kind]()
        self.kind, self.step, self.cpu_s = kind, 0, 0.0
        self.steps = source.steps - source.pretraining_steps
        self._source, self.rate = source, RATES[kind] if rate is None else rate
        self._optimiser = torch.optim.AdamW(
            self.model.parameters(), lr=self.rate, weight_decay=WEIGHT_DECAY
        )

    def advance(self) -> float:
        """One step; its loss."""
        started = time.process_time()
        source, step = self._source, self._source.pretraining_steps + self.step
        share = source.rate_at(step) / source.rate
        self._optimiser.param_groups[0]["lr"] = self.rate * share
        cap = source.cap_bits_per_hz(step)
        loss = utility_loss(self.model, source.batch(step), cap_bits_per_hz=cap)
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), LARGEST_GRADIENT)
        if bool(torch.isfinite(norm)):
            self._optimiser.step()
        self.step += 1
        self.cpu_s += time.process_time() - started
        return float(loss.detach())

    def save(self, path: Path) -> None:
        """Write what can be gone on from; whole or not at all."""
        state = {
            "key": self._key,
            "step": self.step,
            "cpu_s": self.cpu_s,
            "weights": self.model.state_dict(),
            "optimiser": self._optimiser.state_dict(),
        }
        partial = path.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(path)

    def resume(self, path: Path) -> None:
        """Go on from a state, if it is there and of the same run."""
        if not path.is_file():
            return
        state = torch.load(path, weights_only=True)
        if state["key"] != self._key:
            raise SystemExit(f"{path} belongs to another run; remove it or name another file.")
        self.step, self.cpu_s = state["step"], state["cpu_s"]
        self.model.load_state_dict(state["weights"])
        self._optimiser.load_state_dict(state["optimiser"])

    @property
    def _key(self) -> str:
        source = json.dumps(self._source.to_json(), sort_keys=True)
        return f"{self.kind} {self.rate} {source}"


def train(kind: str, out: Path, source: Recipe, rate: float | None = None) -> None:
    """Train a rival, and write its file."""
    run, state = Training(kind, source, rate), out.with_suffix(".state.pt")
    run.resume(state)
    for _ in track(range(run.step, run.steps), description=kind):
        run.advance()
        if run.step % SAVE_EVERY == 0:
            run.save(state)
    about = {
        "steps": run.steps,
        "rate": run.rate,
        "cpu_s": round(run.cpu_s, 1),
        "recipe": source.to_json(),
        "code": code(),
        "machine": machine(),
    }
    header = {"format": _FORMAT, "kind": kind, "about": json.dumps(about, sort_keys=True)}
    save_file(run.model.state_dict(), out, header)
    state.unlink(missing_ok=True)


def load_rival(path: Path) -> tuple[str, Rival, dict[str, Any]]:
    """Kind, model and making of a rival's file."""
    with safe_open(path, framework="pt") as file:
        header: dict[str, str] = file.metadata() or {}
    if header.get("format") != _FORMAT:
        raise SystemExit(f"{path} holds no rival.")
    model = RIVALS[header["kind"]]()
    model.load_state_dict(load_file(path))
    return header["kind"], model.eval().requires_grad_(False), json.loads(header["about"])


def main() -> None:
    """Train one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=RIVALS)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, help="of the recipe in all, with all its stages")
    parser.add_argument("--rate", type=float, help="largest step size")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    given.out.parent.mkdir(parents=True, exist_ok=True)
    with numerics():
        train(given.kind, given.out, recipe("cpu", given.seed, given.steps), given.rate)


if __name__ == "__main__":
    main()
