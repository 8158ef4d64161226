"""``check_channel_tool``: proof that a predictor of CSI keeps the contract of channel tools.

The counterpart of :func:`tools.check.check_tool`, whose cases are power problems. Each clause
raises ``tool.contract`` and names the clause.
"""

from collections.abc import Iterable

import torch
from torch import Tensor

from contracts.errors import RanwrightError
from tools.channel.data.configuration import Array
from tools.channel.tool import ChannelForecast, ChannelTool, Method
from tools.check import ToolContractError

Case = tuple[Tensor, int, Array]
"""Noisy past [T, K, N], steps, array."""

_SCALE = 64.0
_CLOSE = 1e-2
_LOUDEST = 10.0
_SILENT = 1e-6
_SILENCE_MISSES_DB = -1.0


def check_channel_tool(tool: ChannelTool, cases: Iterable[Case]) -> None:
    """Run a tool on pasts and check every clause of the contract.

    Clauses: ``identity``, ``input_untouched``, ``answer`` (shape, and no number that is infinite or
    none), ``bounded`` (no sample louder than ten times the loudest seen), ``evidence`` (learned
    answers say what error to expect, others why they are not learned), ``silence`` (a step with no
    more than a millionth of the past's energy may not claim a small error: silence misses all there
    is, an NMSE of 0 dB), ``deterministic``, ``scale`` (a past 64 times as large gets an answer 64
    times as large), ``refusal`` (an empty past is refused with an error of the project).

    Raises:
        ToolContractError: the first clause found broken.
    """
    for past, steps, array in cases:
        _check_case(tool, past, steps, array)
        _check_refusal(tool, past, steps, array)


def _check_case(tool: ChannelTool, past: Tensor, steps: int, array: Array) -> None:
    given = past.clone()
    found = tool.predict(past, steps, array)
    if not tool.name or not tool.version:
        raise ToolContractError(tool.name, "identity", "name or version is empty")
    if not torch.equal(past, given):
        raise ToolContractError(tool.name, "input_untouched", "the past was changed")
    _check_answer(tool, found, past, steps)
    again = tool.predict(past, steps, array)
    if not torch.equal(again.csi, found.csi) or again.method != found.method:
        raise ToolContractError(tool.name, "deterministic", "two answers to one past differ")
    scaled = tool.predict(_SCALE * past, steps, array).csi / _SCALE
    apart = float((scaled - found.csi).abs().max() / found.csi.abs().max().clamp(min=1e-30))
    if apart > _CLOSE:
        raise ToolContractError(tool.name, "scale", f"answers differ by {apart:.3g} of the largest")


def _check_answer(tool: ChannelTool, found: ChannelForecast, past: Tensor, steps: int) -> None:
    csi = found.csi
    if csi.shape != (steps, *past.shape[1:]) or not csi.is_complex():
        raise ToolContractError(tool.name, "answer", f"shape {tuple(csi.shape)}")
    if not bool(torch.isfinite(csi.abs()).all()):
        raise ToolContractError(tool.name, "answer", "a number is infinite or not a number")
    loudest = float(csi.abs().max() / past.abs().max())
    if loudest > _LOUDEST:
        raise ToolContractError(tool.name, "bounded", f"{loudest:.3g} times the loudest seen")
    if found.method in (Method.MODEL, Method.PATHS):
        expected_db = found.expected_nmse_db
        whole = expected_db is not None and expected_db.shape == (steps,)
        if not whole or found.familiarity is None or not 0.0 <= found.familiarity <= 1.0:
            raise ToolContractError(tool.name, "evidence", "no expected error, or no familiarity")
    elif not found.reason:
        raise ToolContractError(tool.name, "evidence", "no reason why it is not learned")
    if found.expected_nmse_db is not None:
        energy = csi.abs().double().square().mean((1, 2))
        silent = energy <= _SILENT * past.abs().double().square().mean()
        if bool((silent & (found.expected_nmse_db < _SILENCE_MISSES_DB)).any()):
            raise ToolContractError(tool.name, "silence", "silence is said to miss little")


def _check_refusal(tool: ChannelTool, past: Tensor, steps: int, array: Array) -> None:
    try:
        tool.predict(past[:0], steps, array)
    except RanwrightError:
        return
    raise ToolContractError(tool.name, "refusal", "an empty past was answered")
