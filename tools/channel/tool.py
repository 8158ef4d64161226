"""``channel.prediction``: model and found paths as a tool, with classical predictors behind them.

It answers what the contract of power tools (:mod:`contracts.tool`) does not ask: a problem there
sets powers, and a snapshot holds no CSI. What it shares with it: a name, a version that names the
weights, the weights for replay (:class:`contracts.tool.LearnedTool`), equal answers to equal
inputs. Its own contract is :mod:`tools.channel.check`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from math import frexp
from typing import Protocol

import torch
from torch import Tensor
from torch.linalg import LinAlgError  # type: ignore[attr-defined]

from contracts.errors import ExitCode, RanwrightError
from contracts.tool import ToolUnavailableError
from tools.channel.data.configuration import Array
from tools.channel.portfolio import Portfolio
from tools.channel.shipped import TrainedChannel, trained
from tools.channel.wifo.bayes import BinSpectra
from tools.power.runtime import numerics

Source = Callable[[], TrainedChannel]
"""Gives a trained model; raises ``ToolUnavailableError`` where there is none."""

STRANGE = 0.005
"""Sequences less familiar than this share of the training's are left to the classical predictor."""

_FEWEST = 4
_MOSTLY = 0.5
_CLASSICAL = BinSpectra()


class Method(StrEnum):
    """Which predictor an answer is from."""

    MODEL = "model"
    PATHS = "paths"
    CLASSICAL = "classical"
    HELD = "held"


@dataclass(frozen=True)
class ChannelForecast:
    """Predicted CSI of one sequence.

    Attributes:
        csi: [S, K, N] complex64, without noise.
        method: that made it; of a mixture the one with the larger share.
        reason: why it is not learned; empty where it is.
        share_of_paths: 0..1, of the plane waves found in the past beside the model; 0 without it.
        far_from: first step that is too far ahead for either and left to an autoregression no
            louder than the last sample; None where none is.
        expected_nmse_db: [S] expected error over expected energy; None where it is not learned.
        familiarity: share of training sequences farther out than this one; None where the model
            has no answer.
    """

    csi: Tensor
    method: Method
    reason: str
    share_of_paths: float
    far_from: int | None
    expected_nmse_db: Tensor | None
    familiarity: float | None


class ChannelTool(Protocol):
    """A predictor of CSI as a tool. Deterministic: equal inputs give equal answers."""

    @property
    def name(self) -> str:
        """Stable name."""
        ...

    @property
    def version(self) -> str:
        """Version of the method; a change of answers changes it."""
        ...

    def predict(self, past: Tensor, steps: int, array: Array) -> ChannelForecast:
        """Future CSI from noisy past CSI [T, K, N] complex.

        Raises:
            RanwrightError: ``csi.past`` when there is nothing to predict from, or complex64 cannot
                hold it.
        """
        ...


class ChannelPrediction:
    """The learned channel tool.

    Args:
        model: gives the trained model, or says why there is none.
    """

    name = "channel.prediction"

    def __init__(self, model: Source = trained) -> None:
        self._model = model

    @property
    def version(self) -> str:
        """Version of the method, and of the weights by their digest."""
        try:
            return f"3+{self._model().digest.removeprefix('sha256:')[:12]}"
        except ToolUnavailableError:
            return "3+classical"

    def weights(self) -> bytes:
        """See :meth:`contracts.tool.LearnedTool.weights`."""
        return self._model().data

    def predict(self, past: Tensor, steps: int, array: Array) -> ChannelForecast:
        """See :class:`ChannelTool`.

        The classical predictor (:class:`tools.channel.wifo.bayes.BinSpectra`) answers without a
        model, for what is strange to the model, and where its answer is not finite or its equations
        have no solution; where the classical one fails so too, the last sample is held.
        """
        _require(past, steps, array)
        batch = past[None].to(torch.complex64)
        # a power of two changes no digit
        scale = 2.0 ** _exponent(batch)
        batch = (batch.to(torch.complex128) / scale).to(torch.complex64)
        with numerics(), torch.inference_mode():
            found = self._normalised(batch, steps, array)
            csi = (found.csi.to(torch.complex128) * scale).to(torch.complex64)
            if not _finite(csi):
                reason = "The answer is louder than complex64 can hold."
                return _held(past.to(torch.complex64), steps, reason, found.familiarity)
            return replace(found, csi=csi)

    def _normalised(self, batch: Tensor, steps: int, array: Array) -> ChannelForecast:
        """Answer to a past [1, T, K, N] of power near 1."""
        try:
            known = self._model()
        except ToolUnavailableError as error:
            return _classical(batch, steps, array, error.message, None)
        try:
            answer = Portfolio(known.model).answer(batch, steps, array)
        except LinAlgError:
            reason = "The model's equations have no solution."
            return _classical(batch, steps, array, reason, None)
        csi, expected_db = answer.csi[0], answer.expected_nmse_db[0]
        description = answer.forecast.description.double()
        if not (_finite(csi) and _finite(expected_db) and _finite(description)):
            return _classical(batch, steps, array, "The model's answer is not finite.", None)
        familiarity = float(known.familiar.share_farther(description)[0])
        if familiarity < STRANGE:
            reason = "The channel resembles none that the model was trained on."
            return _classical(batch, steps, array, reason, familiarity)
        share, far = float(answer.share[0]), answer.far[0]
        return ChannelForecast(
            csi,
            Method.PATHS if share > _MOSTLY else Method.MODEL,
            "",
            share,
            int(far.int().argmax()) if bool(far.any()) else None,
            expected_db,
            familiarity,
        )


def _classical(
    batch: Tensor, steps: int, array: Array, reason: str, familiarity: float | None
) -> ChannelForecast:
    try:
        csi = _CLASSICAL(batch, steps, array)[0]
    except LinAlgError:
        more = f"{reason} The classical predictor's equations have no solution."
        return _held(batch[0], steps, more, familiarity)
    if not _finite(csi):
        more = f"{reason} The classical answer is not finite."
        return _held(batch[0], steps, more, familiarity)
    return ChannelForecast(csi, Method.CLASSICAL, reason, 0.0, None, None, familiarity)


def _held(past: Tensor, steps: int, reason: str, familiarity: float | None) -> ChannelForecast:
    csi = past[-1:].repeat(steps, 1, 1)
    return ChannelForecast(csi, Method.HELD, reason, 0.0, None, None, familiarity)


def _finite(values: Tensor) -> bool:
    parts = torch.view_as_real(values) if values.is_complex() else values
    return bool(torch.isfinite(parts).all())


def _exponent(batch: Tensor) -> int:
    """Of two, by which a past has a root mean square of 0.7 to 1.4."""
    power = torch.view_as_real(batch).double().square().sum(-1).mean()
    return frexp(float((2.0 * power).sqrt()))[1] - 1


def _require(past: Tensor, steps: int, array: Array) -> None:
    fault = None
    if past.dim() != 3 or not past.is_complex():
        fault = "Past CSI is a complex array of time, subcarriers and antennas"
    elif past.shape[2] != array.antennas:
        fault = f"The array has {array.antennas} antennas, the past {past.shape[2]}"
    elif len(past) < _FEWEST or steps < 1:
        fault = f"At least {_FEWEST} samples are needed, and one step to predict"
    elif not _finite(past.to(torch.complex64)) or not bool((past.to(torch.complex64) != 0).any()):
        fault = "The past is zero, or not finite, in complex64"
    if fault is not None:
        raise RanwrightError("csi.past", f"{fault}.", "Correct the past.", ExitCode.USAGE)
