"""Training on made sentences alone."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from knowledge import minilm
from tools.language.checkpoint import save_model
from tools.language.corpus.sample import Sample
from tools.language.corpus.stream import sample
from tools.language.labels import NONE, Labels, Offsets, Scores, label, marks_of
from tools.language.marks import Marks
from tools.language.model import Marker
from tools.language.recipe import Recipe
from tools.learning.run import Cadence, Report, run
from twins.runtime import derive_seed, fingerprint

CADENCE = Cadence(log=20, validate=500, save=100)
_VALIDATION = 400
_LINK_WEIGHT = 0.5


def train(recipe: Recipe, folder: Path, report: Report, cadence: Cadence = CADENCE) -> Path:
    """Train from the start, or from the state in the folder; the path of the finished model.

    Raises:
        RanwrightError: ``model.other_recipe`` when the folder belongs to a run of another recipe.
    """
    task = MarkerTask(recipe)
    run(task, folder, report, cadence)
    path = folder / "model.safetensors"
    about = {"recipe": recipe.to_json(), "steps": recipe.steps, "machine": fingerprint()}
    about["validation"] = task.validate()
    save_model(task.module, path, about)
    return path


def untrained(recipe: Recipe) -> Marker:
    """Fresh heads that follow from a seed; torch's own generator is left where it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed("language", "weights", recipe.seed))
        return Marker(minilm.load().weights, recipe.size)


class Batch:
    """Sentences as tensors, filled up to the longest."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        read = [minilm.load().tokens(s.sentence) for s in samples]
        self.offsets: list[Offsets] = [offsets for _, offsets, _ in read]
        self.tokens = [tokens for _, _, tokens in read]
        self.labels: list[Labels] = [
            label(s.marks, offsets) for s, offsets in zip(samples, self.offsets, strict=True)
        ]
        longest = max(len(ids) for ids, _, _ in read)
        self.ids = torch.zeros((len(read), longest), dtype=torch.long)
        self.mask = torch.zeros((len(read), longest), dtype=torch.bool)
        for i, (ids, _, _) in enumerate(read):
            self.ids[i, : len(ids)] = torch.tensor(ids)
            self.mask[i, : len(ids)] = True

    def column(self, name: str) -> Tensor:
        """[B, T] labels of one head, ``NONE`` where nothing is to be learnt."""
        found = torch.full(self.ids.shape, NONE, dtype=torch.long)
        for i, labels in enumerate(self.labels):
            values = torch.from_numpy(getattr(labels, name))
            found[i, : len(values)] = values
        return found


class MarkerTask:
    """A :class:`tools.learning.run.Task`."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.module: Marker = untrained(recipe)

    @property
    def clipped(self) -> Sequence[nn.Parameter]:
        """All that is fitted."""
        return list(self.module.parameters())

    def loss(self, step: int) -> Tensor:
        """Of sentences that follow from the step."""
        size = self.recipe.batch
        drawn = [sample(self.recipe.seed, step * size + n) for n in range(size)]
        return loss(self.module, Batch(drawn))

    def after(self, step: int) -> None:
        """Nothing follows."""
        del step

    @cached_property
    def _validation(self) -> list[Sample]:
        return [sample(self.recipe.seed, n, "validation") for n in range(_VALIDATION)]

    def validate(self) -> dict[str, float]:
        """Shares of other made sentences whose marks, links and act are all right, and of acts."""
        pairs = [(s.marks, m) for s, m in zip(self._validation, self._marked(), strict=True)]
        right = [p.marks == m.marks and p.links == m.links and p.act == m.act for p, m in pairs]
        return {
            "exact": round(sum(right) / len(pairs), 4),
            "act": round(sum(p.act == m.act for p, m in pairs) / len(pairs), 4),
            "spans": round(sum(_plain(p) == _plain(m) for p, m in pairs) / len(pairs), 4),
        }

    @torch.no_grad()
    def _marked(self) -> list[Marks]:
        found: list[Marks] = []
        for start in range(0, _VALIDATION, 50):
            batch = Batch(self._validation[start : start + 50])
            said = {k: v.numpy() for k, v in self.module(batch.ids, batch.mask).items()}
            for i, offsets in enumerate(batch.offsets):
                scores = Scores(**{k: v[i] for k, v in said.items()})
                found.append(marks_of(scores, offsets, batch.tokens[i]))
        return found


def loss(model: Marker, batch: Batch) -> Tensor:
    """Cross entropy of every head; links only between what is a bound and what it may be about."""
    said: dict[str, Tensor] = model(batch.ids, batch.mask)
    total = functional.cross_entropy(said["act"], torch.tensor([x.act for x in batch.labels]))
    for name in ("tags", "kpis", "aggregates", "meanings"):
        column = batch.column(name).flatten()
        if bool((column != NONE).any()):
            total = total + functional.cross_entropy(
                said[name].flatten(0, 1), column, ignore_index=NONE
            )
    return total + _LINK_WEIGHT * _link_loss(said["links"], batch.labels)


def _link_loss(logits: Tensor, labels: Sequence[Labels]) -> Tensor:
    places = [
        (i, b, o, float((b, o) in set(x.links)))
        for i, x in enumerate(labels)
        for b in x.anchors[0]
        for o in x.anchors[1]
    ]
    if not places:
        return logits.sum() * 0.0
    batch, bounds, others, linked = zip(*places, strict=True)
    chosen = logits[list(batch), list(bounds), list(others)]
    return functional.binary_cross_entropy_with_logits(chosen, torch.tensor(linked))


def _plain(marks: Marks) -> list[tuple[str, int, int]]:
    return [(m.role.value, m.start, m.end) for m in marks.marks]
