"""Numerical hygiene while a tool computes: one thread, denormals flushed, both put back after."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

DTYPE = torch.float64
"""All power tools compute in double precision on the CPU."""


@contextmanager
def numerics() -> Iterator[None]:
    """One torch thread (small tensors, equal sums everywhere) and no denormals (WMMSE makes them).

    Leaves torch's global state as it found it.
    """
    threads = torch.get_num_threads()
    flushing = _flushes_denormals()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(flushing)
        torch.set_num_threads(threads)


def _flushes_denormals() -> bool:
    smallest_normal = torch.full((1,), 2.3e-308, dtype=DTYPE)
    return bool((smallest_normal * 0.1 == 0.0).item())
