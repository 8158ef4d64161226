"""A training run: a task, a folder, and nothing else; it goes on where it stopped.

The folder holds ``log.jsonl`` (one JSON document a line) and ``state.pt`` (to go on from).
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from contracts.errors import ExitCode, RanwrightError
from tools.learning.fitting import LARGEST_GRADIENT, WEIGHT_DECAY

Report = Callable[[int, str], None]
"""Called after every step with the steps done and a few words."""


@dataclass(frozen=True)
class Cadence:
    """Steps between lines of the log, validations, and states to go on from."""

    log: int = 50
    validate: int = 1000
    save: int = 500


class Schedule(Protocol):
    """What a recipe says of its steps."""

    @property
    def steps(self) -> int:
        """Of all stages."""
        ...

    @property
    def device(self) -> str:
        """That the task computes on."""
        ...

    def stage(self, step: int) -> str:
        """What a step works on."""
        ...

    def rate_at(self, step: int) -> float:
        """Step size of a step."""
        ...

    def to_json(self) -> dict[str, Any]:
        """As it stands in the log and the checkpoint."""
        ...


class Task(Protocol):
    """What is trained."""

    @property
    def recipe(self) -> Schedule:
        """That the run follows from."""
        ...

    @property
    def module(self) -> nn.Module:
        """All that a run goes on from."""
        ...

    @property
    def clipped(self) -> Sequence[nn.Parameter]:
        """Parameters whose gradient is kept within a bound."""
        ...

    def loss(self, step: int) -> Tensor:
        """Loss of a step, the same whatever came before but for the weights."""
        ...

    def after(self, step: int) -> None:
        """What follows the update of a step."""
        ...

    def validate(self) -> dict[str, float]:
        """How good it is on what training never draws."""
        ...


def run(task: Task, folder: Path, report: Report, cadence: Cadence) -> None:
    """Train from the start, or from the state in the folder, to the last step.

    Equal recipes give equal weights on equal machines, however often a run was cut off.

    Raises:
        RanwrightError: ``model.other_recipe`` when the folder belongs to a run of another recipe.
    """
    folder.mkdir(parents=True, exist_ok=True)
    going = _Run(task, folder, cadence)
    steps = task.recipe.steps
    with (folder / "log.jsonl").open("a", buffering=1) as log:
        while going.step < steps:
            report(going.step, going.advance(log.write))
            if going.step % cadence.save == 0 or going.step == steps:
                going.save()


@dataclass
class _Window:
    """Losses since the last line of the log."""

    total: Tensor
    steps: int = 0
    skipped: int = 0


class _Run:
    def __init__(self, task: Task, folder: Path, cadence: Cadence) -> None:
        self._task, self._folder, self._cadence = task, folder, cadence
        self._recipe = task.recipe
        parameters = [p for p in task.module.parameters() if p.requires_grad]
        rate = self._recipe.rate_at(0)
        self._optimiser = torch.optim.AdamW(parameters, lr=rate, weight_decay=WEIGHT_DECAY)
        self._elapsed_s, self.step = 0.0, 0
        self._window = self._fresh()
        self._resume()

    def advance(self, write: Callable[[str], int]) -> str:
        """One step, and its line in the log where one is due; what to show."""
        started = time.monotonic()
        for group in self._optimiser.param_groups:
            group["lr"] = self._recipe.rate_at(self.step)
        loss = self._task.loss(self.step)
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self._task.clipped, LARGEST_GRADIENT)
        if bool(torch.isfinite(norm)):
            self._optimiser.step()
            self._window.total += loss.detach()
        else:
            self._window.skipped += 1
        self._task.after(self.step)
        self._window.steps += 1
        self.step += 1
        self._elapsed_s += time.monotonic() - started
        return self._log(write)

    def _log(self, write: Callable[[str], int]) -> str:
        stage = self._recipe.stage(self.step - 1)
        if self.step % self._cadence.log and self.step != self._recipe.steps:
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
        if self.step % self._cadence.validate == 0 or self.step == self._recipe.steps:
            line["validation"] = self._task.validate()
        write(json.dumps(line) + "\n")
        return f"{stage} {line['loss']:.4f}"

    def _fresh(self) -> _Window:
        return _Window(torch.zeros((), device=self._recipe.device))

    def save(self) -> None:
        """Write what the run can go on from; whole or not at all."""
        state = {
            "recipe": json.dumps(self._recipe.to_json(), sort_keys=True),
            "step": self.step,
            "elapsed_s": self._elapsed_s,
            "weights": self._task.module.state_dict(),
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
        self._task.module.load_state_dict(state["weights"])
        self._optimiser.load_state_dict(state["optimiser"])
        self.step, self._elapsed_s = state["step"], state["elapsed_s"]
        self._forget_log_after(self.step)

    def _forget_log_after(self, step: int) -> None:
        path = self._folder / "log.jsonl"
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(x for x in lines if json.loads(x)["step"] <= step))
