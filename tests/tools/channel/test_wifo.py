"""The masked autoencoder: patches, masks, positions, and the published weights' names."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import RanwrightError
from tools.channel.wifo.autoencoder import (
    SIZES,
    Wifo,
    WifoSize,
    join_patches,
    padded,
    positions,
    split_patches,
)
from tools.channel.wifo.losses import masked_loss
from tools.channel.wifo.masks import MASKS, visible_patches
from tools.channel.wifo.published import load_published

TINY = WifoSize(width=24, encoder_blocks=1, decoder_blocks=1, heads=2, patch=(2, 2, 2))
sizes = st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))
patches = st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))


@given(sizes, patches)
@settings(max_examples=30)
def test_patches_of_any_size_come_back(size, patch):
    grid = torch.randn(2, 2, *size)
    whole = padded(grid, patch)
    number = tuple(s // p for s, p in zip(whole.shape[2:], patch, strict=True))
    cut = split_patches(whole, patch)
    assert cut.shape == (2, number[0] * number[1] * number[2], 2 * patch[0] * patch[1] * patch[2])
    assert torch.equal(join_patches(cut, patch, number), whole)


@given(sizes, st.sampled_from(MASKS), st.integers(0, 99))
@settings(max_examples=40)
def test_a_mask_leaves_something_to_see_and_something_to_fill(number, mask, seed):
    visible = visible_patches(mask, number, torch.Generator().manual_seed(seed))
    assert visible.shape == (number[0] * number[1] * number[2],)
    assert visible.any()
    along = {"random": len(visible), "time": number[0], "frequency": number[1]}[mask]
    assert bool((~visible).any()) == (along > 1)


@given(sizes, st.sampled_from(MASKS))
@settings(max_examples=15, deadline=None)
def test_what_is_hidden_is_not_seen(size, mask):
    torch.manual_seed(0)
    model = Wifo(TINY).eval()
    grid = torch.randn(1, 2, *size)
    visible = visible_patches(mask, model.patches(grid), torch.Generator().manual_seed(1))
    hidden = join_patches(
        (~visible).float()[None, :, None].expand(-1, -1, 16), TINY.patch, model.patches(grid)
    )[:, :, : size[0], : size[1], : size[2]]
    with torch.no_grad():
        one, other = model(grid, visible), model(grid + 9.0 * hidden, visible)
    assert one.shape == grid.shape
    assert torch.equal(one, other)


def test_positions_tell_patches_apart():
    found = positions((3, 4, 5), 64)
    assert found.shape == (60, 64)
    assert len({tuple(row) for row in found.tolist()}) == 60


def test_masked_patches_are_learnt():
    torch.manual_seed(0)
    model = Wifo(TINY)
    optimiser = torch.optim.Adam(model.parameters(), 3e-3)
    time = torch.arange(8.0)[:, None, None]
    losses = []
    for i in range(60):
        phase = 6.28 * torch.rand(16, 1, 1, 1, generator=torch.Generator().manual_seed(i))
        wave = torch.stack([torch.cos(0.4 * time + phase), torch.sin(0.4 * time + phase)], 1)
        grid = wave.expand(-1, -1, -1, 4, 2)
        visible = visible_patches("time", model.patches(grid), torch.Generator())
        loss = masked_loss(model, grid, visible)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert sum(losses[-5:]) < 0.5 * sum(losses[:5])


def test_sizes_are_the_published_ones():
    counts = {n: sum(p.numel() for p in Wifo(SIZES[n]).parameters()) for n in ("tiny", "little")}
    assert counts == {"tiny": 355_776, "little": 1_374_976}


def published(model: Wifo) -> dict[str, torch.Tensor]:
    """A state dict with the names and shapes of the public code."""
    width, values = model.size.width, iter(model.state_dict().values())
    kinds = ("weight", "bias")
    names = {"hidden": "mask_token", "embed": "Embedding.value_embedding.tokenConv"}
    names |= {"encoder_norm": "norm", "bridge": "decoder_embed", "decoder_norm": "decoder_norm"}
    names |= {"predict": "decoder_pred", "encoder": "blocks", "decoder": "decoder_blocks"}
    names |= {"before_attention": "norm1", "before_network": "norm2", "mix": "attn.proj"}
    names |= {"query": "attn.q", "key": "attn.k", "value": "attn.v"}
    names |= {"expand": "mlp.fc1", "shrink": "mlp.fc2"} | {k: k for k in kinds}
    found = {}
    for name in model.state_dict():
        parts = [names.get(part, part) for part in name.split(".")]
        found[".".join(parts)] = next(values)
    found["mask_token"] = found["mask_token"].reshape(1, 1, width)
    return found | {"pos_embed_temporal": torch.zeros(1, 4, width)}


def test_published_weights_are_taken(tmp_path):
    torch.manual_seed(3)
    model = Wifo(SIZES["tiny"]).eval()
    path = tmp_path / "wifo_tiny.pkl"
    torch.save(published(model), path)
    taken, grid = load_published(path), torch.randn(1, 2, 8, 8, 8)
    visible = visible_patches("time", (2, 2, 2), torch.Generator())
    with torch.no_grad():
        assert torch.equal(taken(grid, visible), model(grid, visible))


def test_other_weights_are_refused(tmp_path):
    path = tmp_path / "other.pkl"
    with pytest.raises(RanwrightError) as caught:
        load_published(path)
    assert caught.value.code == "model.missing"
    whole = published(Wifo(SIZES["tiny"]))
    for state in ({}, {k: v for k, v in whole.items() if "fc1" not in k}):
        torch.save(state, path)
        with pytest.raises(RanwrightError) as caught:
            load_published(path)
        assert caught.value.code == "model.malformed"
