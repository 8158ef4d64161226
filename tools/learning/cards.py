"""What the cards of trained models share."""

from collections.abc import Mapping
from typing import Any


def listed(values: Mapping[str, Any]) -> str:
    """Names and values in one line."""
    return ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in values.items())
