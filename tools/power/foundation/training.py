"""Training of the graph foundation model: pre-training first, then the utility."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from tools.learning.run import Cadence, Report, run
from tools.power.foundation.checkpoint import save_model
from tools.power.foundation.familiarity import Familiarity
from tools.power.foundation.losses import utility_loss
from tools.power.foundation.model import GraphFoundationModel
from tools.power.foundation.pretraining import Pretraining
from tools.power.foundation.recipe import Recipe
from tools.power.foundation.validation import Validation
from twins.runtime import derive_seed, fingerprint

FAMILIAR_BATCHES = 100
CADENCE = Cadence()


def train(recipe: Recipe, folder: Path, report: Report, cadence: Cadence = CADENCE) -> Path:
    """Train from the start, or from the state in the folder; the path of the finished model.

    Raises:
        RanwrightError: ``model.other_recipe`` when the folder belongs to a run of another recipe.
    """
    task = PowerTask(recipe)
    run(task, folder, report, cadence)
    path = folder / "model.safetensors"
    about = {"recipe": recipe.to_json(), "steps": recipe.steps, "machine": fingerprint()}
    about["validation"] = task.validate()
    model = task.module.model.cpu()
    save_model(model, path, about, Familiarity.learn(model, recipe, FAMILIAR_BATCHES))
    return path


class PowerTask:
    """A :class:`tools.learning.run.Task`."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive_seed("weights", recipe.seed))
            self.module = Pretraining(
                GraphFoundationModel(recipe.size),
                masked_edges=recipe.objectives != "agreement",
                agreement=recipe.objectives != "masked_edges",
            ).to(recipe.device)
        self._validation = Validation(recipe.seed)

    @property
    def clipped(self) -> Sequence[nn.Parameter]:
        """Those of the model; heads of pre-training are left out."""
        return list(self.module.model.parameters())

    def loss(self, step: int) -> Tensor:
        """Of both pretexts, or of the utility."""
        recipe, graphs = self.recipe, self.recipe.batch(step)
        if recipe.stage(step) == "pretraining":
            generator = torch.Generator().manual_seed(derive_seed("views", recipe.seed, step))
            return self.module.loss(graphs, generator)
        return utility_loss(
            self.module.model,
            graphs,
            cap_bits_per_hz=recipe.cap_bits_per_hz(step),
            tail=recipe.tail,
            mean_share=recipe.mean_share,
        )

    def after(self, step: int) -> None:
        """The teacher of pre-training follows."""
        if self.recipe.stage(step) == "pretraining":
            self.module.follow()

    def validate(self) -> dict[str, float]:
        """Mean ratio to the classical reference on graphs that training never draws."""
        return self._validation(self.module.model)
