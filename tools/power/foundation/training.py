"""A training run: a recipe, a folder, and nothing else; it goes on where it stopped.

The folder holds ``log.jsonl`` (one JSON document a line), ``state.pt`` (to go on from) and, at the
end, ``model.safetensors``.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from contracts.errors import ExitCode, RanwrightError
from tools.power.foundation.checkpoint import save_model
from tools.power.foundation.familiarity import Familiarity
from tools.power.foundation.fitting import LARGEST_GRADIENT, WEIGHT_DECAY
from tools.power.foundation.losses import utility_loss
from tools.power.foundation.model import GraphFoundationModel
from tools.power.foundation.pretraining import Pretraining
from tools.power.foundation.recipe import Recipe
from tools.power.foundation.validation import Validation
from twins.runtime import derive_seed, fingerprint

Report = Callable[[int, str], None]
"""Called after every step with the steps done and a few words."""

LOG_EVERY = 50
VALIDATE_EVERY = 1000
SAVE_EVERY = 500
FAMILIAR_BATCHES = 100


def train(recipe: Recipe, folder: Path, report: Report) -> Path:
    """Train from the start, or from the state in the folder; the path of the finished model.

    Equal recipes give equal weights on equal machines, however often a run was cut off.

    Raises:
        RanwrightError: ``model.other_recipe`` when the folder belongs to a run of another recipe.
    """
    folder.mkdir(parents=True, exist_ok=True)
    run = _Run(recipe, folder)
    with (folder / "log.jsonl").open("a", buffering=1) as log:
        while run.step < recipe.steps:
            report(run.step, run.advance(log.write))
            if run.step % SAVE_EVERY == 0 or run.step == recipe.steps:
                run.save()
    path = folder / "model.safetensors"
    about = {"recipe": recipe.to_json(), "steps": run.step, "machine": fingerprint()}
    about["validation"] = run.validate()
    model = run.model.cpu()
    save_model(model, path, about, Familiarity.learn(model, recipe, FAMILIAR_BATCHES))
    return path


@dataclass
class _Window:
    """Losses since the last line of the log."""

    total: Tensor
    steps: int = 0
    skipped: int = 0


class _Run:
    def __init__(self, recipe: Recipe, folder: Path) -> None:
        self._recipe, self._folder = recipe, folder
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive_seed("weights", recipe.seed))
            self._pretraining = Pretraining(
                GraphFoundationModel(recipe.size),
                masked_edges=recipe.objectives != "agreement",
                agreement=recipe.objectives != "masked_edges",
            ).to(recipe.device)
        self.model = self._pretraining.model
        parameters = [p for p in self._pretraining.parameters() if p.requires_grad]
        self._optimiser = torch.optim.AdamW(parameters, lr=recipe.rate, weight_decay=WEIGHT_DECAY)
        self._validation = Validation(recipe.seed)
        self._elapsed_s, self.step = 0.0, 0
        self._window = self._fresh()
        self._resume()

    def advance(self, write: Callable[[str], int]) -> str:
        """One step, and its line in the log where one is due; what to show."""
        started = time.monotonic()
        for group in self._optimiser.param_groups:
            group["lr"] = self._recipe.rate_at(self.step)
        loss = self._loss()
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), LARGEST_GRADIENT)
        if bool(torch.isfinite(norm)):
            self._optimiser.step()
            self._window.total += loss.detach()
        else:
            self._window.skipped += 1
        if self._recipe.stage(self.step) == "pretraining":
            self._pretraining.follow()
        self._window.steps += 1
        self.step += 1
        self._elapsed_s += time.monotonic() - started
        return self._log(write)

    def _loss(self) -> Tensor:
        graphs = self._recipe.batch(self.step)
        if self._recipe.stage(self.step) == "pretraining":
            generator = torch.Generator().manual_seed(
                derive_seed("views", self._recipe.seed, self.step)
            )
            return self._pretraining.loss(graphs, generator)
        recipe = self._recipe
        return utility_loss(self.model, graphs, tail=recipe.tail, mean_share=recipe.mean_share)

    def _log(self, write: Callable[[str], int]) -> str:
        stage = self._recipe.stage(self.step - 1)
        if self.step % LOG_EVERY and self.step != self._recipe.steps:
            return stage
        window, self._window = self._window, self._fresh()
        used = max(1, window.steps - window.skipped)
        line: dict[str, Any] = {
            "step": self.step,
            "stage": stage,
            "loss": round(float(window.total) / used, 6),
            "rate": self._recipe.rate_at(self.step - 1),
            "skipped": window.skipped,
            "elapsed_s": round(self._elapsed_s, 1),
        }
        if self.step % VALIDATE_EVERY == 0 or self.step == self._recipe.steps:
            line["validation"] = self.validate()
        write(json.dumps(line) + "\n")
        return f"{stage} {line['loss']:.4f}"

    def validate(self) -> dict[str, float]:
        """Mean ratio to the classical reference on graphs that training never draws."""
        return self._validation(self.model)

    def _fresh(self) -> _Window:
        return _Window(torch.zeros((), device=self._recipe.device))

    def save(self) -> None:
        """Write what the run can go on from; whole or not at all."""
        state = {
            "recipe": json.dumps(self._recipe.to_json(), sort_keys=True),
            "step": self.step,
            "elapsed_s": self._elapsed_s,
            "weights": self._pretraining.state_dict(),
            "optimiser": self._optimiser.state_dict(),
        }
        partial = self._folder / "state.partial"
        torch.save(state, partial)
        partial.replace(self._folder / "state.pt")

    def _resume(self) -> None:
        path = self._folder / "state.pt"
        if not path.is_file():
            (self._folder / "log.jsonl").unlink(missing_ok=True)
            return
        state = torch.load(path, map_location=self._recipe.device, weights_only=True)
        if state["recipe"] != json.dumps(self._recipe.to_json(), sort_keys=True):
            raise RanwrightError(
                "model.other_recipe",
                f"{self._folder} holds a run of another recipe.",
                "Train in another folder, or with the recipe and seed of that run.",
                ExitCode.USAGE,
            )
        self._pretraining.load_state_dict(state["weights"])
        self._optimiser.load_state_dict(state["optimiser"])
        self.step, self._elapsed_s = state["step"], state["elapsed_s"]
        self._forget_log_after(self.step)

    def _forget_log_after(self, step: int) -> None:
        path = self._folder / "log.jsonl"
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(x for x in lines if json.loads(x)["step"] <= step))
