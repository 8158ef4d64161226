"""Recipes of training by name."""

from collections.abc import Mapping
from typing import TypeVar

import torch

from contracts.errors import ExitCode, RanwrightError

T = TypeVar("T")


def named(name: str, recipes: Mapping[str, T]) -> T:
    """The recipe of a name.

    Raises:
        RanwrightError: ``model.unknown_recipe``.
    """
    if name not in recipes:
        raise RanwrightError(
            "model.unknown_recipe",
            f"No recipe is called {name!r}.",
            f"Choose one of: {', '.join(recipes)}.",
            ExitCode.USAGE,
        )
    return recipes[name]


def require_device(name: str, device: str) -> None:
    """Refuse a recipe whose accelerator is missing.

    Raises:
        RanwrightError: ``model.no_device``.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise RanwrightError(
            "model.no_device",
            f"Recipe {name!r} needs a CUDA device, and there is none.",
            "Use the recipe cpu.",
            ExitCode.USAGE,
        )
