"""Training of the channel model: masked patches first, then forecasts."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor, nn

from tools.channel.baselines.transform import to_angle_delay
from tools.channel.data.sets import TRAINING
from tools.channel.data.stream import Batch, Stream
from tools.channel.metrics import nmse_db
from tools.channel.wifo.checkpoint import save_model
from tools.channel.wifo.losses import forecast_loss, masked_loss
from tools.channel.wifo.masks import MASKS, visible_patches
from tools.channel.wifo.model import ChannelModel, as_grid, described
from tools.channel.wifo.recipe import Recipe
from tools.learning.familiarity import Ellipsoid
from tools.learning.run import Cadence, Report, run
from twins.runtime import derive_seed, fingerprint, seeded

PAST = 8
"""Samples that validation predicts from, to the end of the sequence."""

_VALIDATION_SEQUENCES = 64
_VALIDATION_BATCH = 16
_DESCRIBED_BATCHES = 5
CADENCE = Cadence(log=50, validate=500, save=100)


def train(
    recipe: Recipe,
    folder: Path,
    report: Report,
    cache: Path | None = None,
    cadence: Cadence = CADENCE,
) -> Path:
    """Train from the start, or from the state in the folder; the path of the finished model.

    Args:
        cache: folder of generated sequences; default is the user's.

    Raises:
        RanwrightError: ``model.other_recipe`` when the folder belongs to a run of another recipe.
    """
    task = ChannelTask(recipe, cache)
    run(task, folder, report, cadence)
    path = folder / "model.safetensors"
    about = {"recipe": recipe.to_json(), "steps": recipe.steps, "machine": fingerprint()}
    about["validation"] = task.validate()
    familiar = Ellipsoid.around(task.descriptions())
    save_model(task.module.cpu(), path, about, familiar)
    return path


class ChannelTask:
    """A :class:`tools.learning.run.Task`."""

    def __init__(self, recipe: Recipe, cache: Path | None = None) -> None:
        self.recipe, self._cache = recipe, cache
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive_seed("channel-weights", recipe.seed))
            self.module = ChannelModel(recipe.size).to(recipe.device)

    @property
    def clipped(self) -> list[nn.Parameter]:
        """All parameters."""
        return list(self.module.parameters())

    @cached_property
    def _stream(self) -> Stream:
        recipe = self.recipe
        return Stream(
            list(TRAINING.values()),
            "training",
            recipe.sequences,
            recipe.batch,
            recipe.seed,
            recipe.snr_db,
            self._cache,
        )

    def loss(self, step: int) -> Tensor:
        """Of masked patches, or of the forecast from a past of random length."""
        batch = self._stream.batch(step).to(self.recipe.device)
        generator = seeded("channel-step", self.recipe.seed, step)
        if self.recipe.stage(step) == "pretraining":
            bins = to_angle_delay(batch.noisy, batch.array)
            mask = MASKS[int(torch.randint(len(MASKS), (1,), generator=generator))]
            grid = as_grid(bins)
            visible = visible_patches(mask, self.module.wifo.patches(grid), generator)
            return masked_loss(self.module.wifo, grid, visible)
        low, high = self.recipe.past
        past = int(torch.randint(low, high + 1, (1,), generator=generator))
        forecast = self.module(batch.noisy[:, :past], batch.clean.shape[1] - past, batch.array)
        clean = to_angle_delay(batch.clean[:, past:], batch.array).flatten(2)
        return forecast_loss(forecast, clean)

    def after(self, step: int) -> None:
        """Nothing."""

    def validate(self) -> dict[str, float]:
        """NMSE in dB on the validation part, by configuration."""
        device = self.recipe.device
        return {
            name: round(
                nmse_db(
                    self.module.predict(
                        batch.noisy[:, :PAST].to(device), batch.clean.shape[1] - PAST, batch.array
                    ).cpu(),
                    batch.clean[:, PAST:],
                ),
                3,
            )
            for name, batch in self._validation()
        }

    @torch.no_grad()
    def descriptions(self) -> Tensor:
        """Descriptions [N, D] of pasts of the validation part, double precision."""
        found = []
        for configuration in TRAINING.values():
            stream = Stream(
                [configuration],
                "validation",
                _VALIDATION_SEQUENCES,
                _VALIDATION_BATCH,
                snr_db=self.recipe.snr_db,
                folder=self._cache,
            )
            for step in range(1, 1 + _DESCRIBED_BATCHES):
                batch = stream.batch(step).to(self.recipe.device)
                found.append(described(batch.noisy[:, :PAST], batch.array))
        return torch.cat(found).cpu()

    def _validation(self) -> Iterator[tuple[str, Batch]]:
        for name, configuration in TRAINING.items():
            stream = Stream(
                [configuration],
                "validation",
                _VALIDATION_SEQUENCES,
                _VALIDATION_BATCH,
                snr_db=(5.0, 20.0),
                folder=self._cache,
            )
            yield name, stream.batch(0)
