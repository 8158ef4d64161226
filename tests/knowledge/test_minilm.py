import numpy as np
import pytest

from contracts.errors import RanwrightError
from knowledge import encoder_pin, minilm

SENTENCES = (
    "reduce power of the sector",
    "Lift the 5th percentile throughput of cells 1-3 by 20 %",
    "x" * 3000,
    "word " * 600,
)


def test_vectors_have_length_one_and_do_not_depend_on_their_neighbours():
    encoder = minilm.load()
    together = encoder.encode(SENTENCES)
    assert together.shape == (4, minilm.DIMENSIONS)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)
    alone = np.concatenate([encoder.encode([s]) for s in SENTENCES])
    np.testing.assert_allclose(together, alone, atol=2e-6)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_equals_the_reference_implementation(monkeypatch):
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = str(minilm.bundled_folder())
    tokens = transformers.AutoTokenizer.from_pretrained(folder)(
        list(SENTENCES), padding=True, truncation=True, max_length=256, return_tensors="pt"
    )
    with torch.inference_mode():
        hidden = transformers.AutoModel.from_pretrained(folder).eval()(**tokens).last_hidden_state
    mask = tokens["attention_mask"][..., None].float()
    pooled = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1)
    np.testing.assert_allclose(minilm.load().encode(SENTENCES), pooled.numpy(), atol=1e-6)


def test_a_changed_model_is_refused(tmp_path, monkeypatch):
    for name in encoder_pin.PINNED_SHA256:
        (tmp_path / name).write_bytes(b"other bytes")
    monkeypatch.setattr(minilm, "bundled_folder", lambda: tmp_path)
    with pytest.raises(RanwrightError) as caught:
        minilm.load.__wrapped__()
    assert caught.value.code == "knowledge.model_changed"


def test_a_missing_model_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(minilm, "bundled_folder", lambda: tmp_path)
    with pytest.raises(RanwrightError) as caught:
        minilm.load.__wrapped__()
    assert caught.value.code == "knowledge.model_missing"
