"""Published WiFo weights, when a user has the file, as :class:`Wifo` of the same size.

Names and shapes are those of the public code (liuboxun/WiFo). Its tables of learnt positions are
not used by the published models and are left out.
"""

from pathlib import Path

import torch
from torch import Tensor

from contracts.errors import ExitCode, RanwrightError
from tools.channel.wifo.autoencoder import SIZES, Wifo

_TOP = {
    "Embedding.value_embedding.tokenConv": "embed",
    "norm": "encoder_norm",
    "decoder_embed": "bridge",
    "decoder_norm": "decoder_norm",
    "decoder_pred": "predict",
}
_INSIDE = {
    "norm1": "before_attention",
    "attn.q": "query",
    "attn.k": "key",
    "attn.v": "value",
    "attn.proj": "mix",
    "norm2": "before_network",
    "mlp.fc1": "expand",
    "mlp.fc2": "shrink",
}
_STACKS = {"blocks": "encoder", "decoder_blocks": "decoder"}
_UNUSED = ("pos_embed", "decoder_pos_embed", "Embedding.temporal_embedding")


def load_published(path: Path) -> Wifo:
    """The model of a file of published weights (a PyTorch state dict).

    Raises:
        RanwrightError: ``model.missing`` or ``model.malformed``.
    """
    if not path.is_file():
        raise RanwrightError("model.missing", f"There is no file {path}.", "Download the weights.")
    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    plain = {name.removeprefix("module."): value for name, value in state.items()}
    found = {_renamed(k): v for k, v in plain.items() if not k.startswith(_UNUSED)}
    if "hidden" in found:
        found["hidden"] = found["hidden"].flatten()
    width = len(found["encoder_norm.weight"]) if "encoder_norm.weight" in found else 0
    size = next((s for s in SIZES.values() if s.width == width), None)
    if size is None:
        raise _malformed(path, f"no published model has width {width}")
    model = Wifo(size)
    try:
        model.load_state_dict(found)
    except RuntimeError as error:
        raise _malformed(path, str(error)) from error
    return model.eval().requires_grad_(False)


def _renamed(name: str) -> str:
    layer, _, kind = name.rpartition(".")
    if name == "mask_token":
        return "hidden"
    if layer in _TOP:
        return f"{_TOP[layer]}.{kind}"
    stack, _, rest = layer.partition(".")
    index, _, part = rest.partition(".")
    if stack in _STACKS and part in _INSIDE:
        return f"{_STACKS[stack]}.{index}.{_INSIDE[part]}.{kind}"
    return name


def _malformed(path: Path, fault: str) -> RanwrightError:
    return RanwrightError(
        "model.malformed",
        f"{path} holds no published WiFo weights: {fault}.",
        "Use a file of the published models tiny, little, small or base.",
        ExitCode.USAGE,
    )
