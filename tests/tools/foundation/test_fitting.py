"""Plain fitting: single overflows are left out, many of them are an error."""

import pytest
import torch

from tools.learning.fitting import fit


def _fitted(bad_steps, steps=100):
    parameter = torch.nn.Parameter(torch.tensor([3.0]))

    def loss(step):
        value = parameter.square().sum()
        return value * (float("inf") if step in bad_steps else 1.0)

    fit([parameter], loss, steps, 0.2)
    return float(parameter.detach())


def test_an_overflowing_step_changes_nothing_else():
    assert abs(_fitted({5, 17})) < 0.5
    assert abs(_fitted(set())) < 0.5


def test_many_overflowing_steps_are_an_error():
    with pytest.raises(FloatingPointError, match="20 of 100"):
        _fitted(set(range(20)))
