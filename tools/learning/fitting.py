"""Plain fitting of any parameters to any loss: rivals, adaptation, few shots."""

from collections.abc import Callable, Iterable
from math import cos, pi

import torch
from torch import Tensor, nn

LARGEST_GRADIENT = 1.0
WEIGHT_DECAY = 1e-4


def fit(
    parameters: Iterable[nn.Parameter],
    loss_of: Callable[[int], Tensor],
    steps: int,
    rate: float,
    warm_up: int = 20,
) -> list[float]:
    """Fit in place; the losses of the steps.

    Args:
        parameters: those that change.
        loss_of: loss of a step.
        rate: largest step size of AdamW; warmed up, then along a cosine to a hundredth.

    Raises:
        FloatingPointError: more than a tenth of the gradients are not finite.
    """
    chosen = list(parameters)
    optimiser = torch.optim.AdamW(chosen, lr=rate, weight_decay=WEIGHT_DECAY)
    losses, left_out = [], 0
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = rate * scheduled(step, steps, warm_up)
        loss = loss_of(step)
        losses.append(float(loss.detach()))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(chosen, LARGEST_GRADIENT)
        if bool(torch.isfinite(norm)):
            optimiser.step()
        else:  # as in a training run: the step is left out
            left_out += 1
    if left_out > steps // 10:
        raise FloatingPointError(f"{left_out} of {steps} gradients are not finite")
    return losses


def scheduled(step: int, steps: int, warm_up: int) -> float:
    """Share of the largest step size: a ramp times a cosine that ends at a hundredth."""
    ramp = min(1.0, (step + 1) / max(1, warm_up))
    return ramp * (0.01 + 0.99 * 0.5 * (1.0 + cos(pi * step / max(1, steps))))
