from pathlib import Path

import numpy as np
import pytest

from contracts.errors import RanwrightError
from knowledge import minilm
from tools.language.card import card_of
from tools.language.checkpoint import describe, save_model
from tools.language.corpus.stream import sample
from tools.language.labels import ACTS, AGGREGATES, KPIS, MEANINGS, TAGS, Scores, label, marks_of
from tools.language.recipe import recipe
from tools.language.tagger import NumpyTagger
from tools.language.training import Batch, loss, untrained
from tools.learning.fitting import fit
from tools.power.runtime import numerics


def one_hot(classes: np.ndarray, count: int) -> np.ndarray:
    return 9.0 * np.eye(count + 1)[np.where(classes < 0, count, classes)][:, :count]


def test_labels_give_back_the_marks() -> None:
    for s in (sample(5, n) for n in range(200)):
        _, offsets, tokens = minilm.load().tokens(s.sentence)
        found = label(s.marks, offsets)
        links = -np.ones((len(offsets), len(offsets)))
        for bound, about in found.links:
            links[bound, about] = 1.0
        scores = Scores(
            one_hot(np.array([found.act]), len(ACTS))[0],
            one_hot(found.tags, TAGS),
            one_hot(found.kpis, len(KPIS)),
            one_hot(found.aggregates, len(AGGREGATES)),
            one_hot(found.meanings, len(MEANINGS) + 1),
            links,
        )
        again = marks_of(scores, offsets, tokens)
        assert (again.act, again.marks, again.links) == (s.marks.act, s.marks.marks, s.marks.links)


def test_it_learns_a_few_sentences_and_reads_them_without_torch(tmp_path: Path) -> None:
    samples = [sample(6, n) for n in range(6)]
    with numerics():
        model = untrained(recipe("trial", 0))
        batch = Batch(samples)
        losses = fit(model.parameters(), lambda _: loss(model, batch), 12, 2e-3, warm_up=2)
        said = model(batch.ids, batch.mask)["tags"].detach()
    assert losses[-1] < 0.7 * losses[0]
    path = tmp_path / "model.safetensors"
    about = {
        "recipe": recipe("trial", 0).to_json(),
        "machine": {},
        "validation": {"exact": 0.0, "spans": 0.0, "act": 0.0},
    }
    save_model(model, path, about)
    assert path.stat().st_size < 10_000_000
    assert describe(path)["size"]["rank"] == model.size.rank
    assert "sha256:" in card_of(path)
    tagger = NumpyTagger(path)
    for i, s in enumerate(samples):
        _, offsets, tokens = minilm.load().tokens(s.sentence)
        scores = tagger.scores(s.sentence)
        assert np.allclose(scores.tags, said[i, : len(offsets)].numpy(), atol=2e-3)
        assert tagger.mark(s.sentence) == marks_of(scores, offsets, tokens)


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RanwrightError, match=r"no model at"):
        NumpyTagger(tmp_path / "none.safetensors")
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"nonsense")
    with pytest.raises(RanwrightError) as caught:
        NumpyTagger(path)
    assert caught.value.code == "model.malformed"
