"""Waiting for a condition, with a deadline."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
DEADLINE_S = 20.0


def wait_until(condition: Callable[[], T], deadline_s: float = DEADLINE_S) -> T:
    """The first true value of a condition."""
    end_s = time.monotonic() + deadline_s
    pause = threading.Event()
    while not (value := condition()):
        assert time.monotonic() < end_s, "the condition did not come true in time"
        pause.wait(0.01)
    return value
