"""Learned rivals of the channel model, to be trained under the same budget.

Both see the past of one angle-delay bin at a time in units of the noise, so that they take any
array and band: an LSTM, and a plain Transformer.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from contracts.errors import ExitCode, RanwrightError
from tools.channel.baselines.noise import noise_power
from tools.channel.baselines.predictor import Predictor
from tools.channel.baselines.transform import as_csi, from_angle_delay, to_angle_delay
from tools.channel.data.configuration import Array
from tools.learning.checkpoint import header, save

FORMAT = "ranwright-channel-rival-1"
HORIZON = 16
"""Most samples that a rival predicts at once."""

_TINY = 1e-12


class BinRival(nn.Module):
    """A network that continues the series of single bins.

    Args:
        kind: "lstm" or "transformer".
        width: of its states.
    """

    def __init__(self, kind: str, width: int) -> None:
        super().__init__()
        self.kind, self.width = kind, width
        self.embed = nn.Linear(2, width)
        self.place = nn.Parameter(0.02 * torch.randn(2 * HORIZON, width))
        self.body: nn.Module
        if kind == "lstm":
            self.body = nn.LSTM(width, width, 2, batch_first=True)
        else:
            layer = nn.TransformerEncoderLayer(
                width, 4, 2 * width, dropout=0.0, batch_first=True, norm_first=True
            )
            self.body = nn.TransformerEncoder(layer, 4, enable_nested_tensor=False)
        self.read = nn.Linear(width, 2 * HORIZON)

    def forward(self, past: Tensor, steps: int, array: Array) -> Tensor:
        """Future bins [B, S, Q] from past CSI [B, T, K, N]."""
        scale = noise_power(past, array).clamp(min=_TINY).sqrt()[:, None, None]
        bins = to_angle_delay(past, array).flatten(2) / scale
        level = bins.abs().square().mean(1, keepdim=True).sqrt() + 1.0
        series = torch.view_as_real((bins / level).mT.contiguous()).flatten(0, 1)
        state = self.embed(series) + self.place[-series.shape[1] :]
        state = self.body(state)[0] if self.kind == "lstm" else self.body(state)
        ahead = self.read(state[:, -1]).reshape(len(past), -1, HORIZON, 2)[:, :, :steps]
        found: Tensor = torch.view_as_complex(ahead.contiguous()).mT * level * scale
        return found

    def predict(self, past: Tensor, steps: int, array: Array) -> Tensor:
        """Future CSI: a :class:`tools.channel.baselines.predictor.Predictor`."""
        with torch.inference_mode():
            return from_angle_delay(as_csi(self(past, steps, array), past), array)


RIVALS = {"lstm": 136, "transformer": 96}
"""Widths that give about the parameters of the model's smallest size."""


def rival(kind: str) -> BinRival:
    """A rival by name.

    Raises:
        RanwrightError: ``model.unknown_rival``.
    """
    if kind not in RIVALS:
        raise RanwrightError(
            "model.unknown_rival",
            f"No rival is called {kind!r}.",
            f"Choose one of: {', '.join(RIVALS)}.",
            ExitCode.USAGE,
        )
    return BinRival(kind, RIVALS[kind])


def save_rival(model: BinRival, path: Path, steps: int) -> None:
    """Write a rival."""
    save(model.state_dict(), path, FORMAT, {"kind": model.kind}, {"steps": steps})


def load_rival(path: Path) -> Predictor:
    """A rival's predictor.

    Raises:
        RanwrightError: ``model.missing`` or ``model.malformed``.
    """
    model = rival(json.loads(header(path, FORMAT)["size"])["kind"])
    model.load_state_dict(load_file(path))
    return model.eval().predict
