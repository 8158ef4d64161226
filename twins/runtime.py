"""Numerical runtime: seeds, threads, determinism, and the fingerprint that replays go by."""

import hashlib
import os
import platform
from importlib.metadata import version
from typing import Literal

import torch
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

_FINGERPRINTED = ("torch", "numpy", "sionna")


class RuntimeSettings(BaseSettings):
    """Settings of the numerical runtime, from the environment (``RANWRIGHT_WORKERS`` and so on).

    Roll-outs run on ``workers`` workers of an engine (:mod:`twins.engine`), each of which computes
    on one core. Results depend neither on their number nor on the engine.
    """

    model_config = SettingsConfigDict(env_prefix="RANWRIGHT_", frozen=True)

    workers: int = Field(default=min(os.cpu_count() or 1, 8), ge=1, le=64)
    engine: Literal["threads", "processes", "ray"] = "threads"
    ray_address: str | None = Field(default=None, description="of a cluster; none starts one here")


def configure_thread() -> None:
    """Make the calling thread compute deterministically on one core.

    One core a thread, because splitting small tensors costs more than it gains and would let sums
    depend on the number of cores. Denormals are flushed: interference far below the noise would
    slow the arithmetic down. Flushing is a property of a thread, so each worker calls this.
    """
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    # the same switch as torch.use_deterministic_algorithms, which imports the compiler (seconds)
    torch.set_deterministic_debug_mode("error")
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def derive_seed(*parts: str | int) -> int:
    """A 63-bit seed from a domain and numbers; equal parts give equal seeds, others unrelated ones.

    Example:
        >>> derive_seed("twin", 7, 0) == derive_seed("plant", 7, 0)
        False
    """
    text = "\x1f".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def seeded(*parts: str | int) -> torch.Generator:
    """A generator seeded with :func:`derive_seed`."""
    return torch.Generator().manual_seed(derive_seed(*parts))


def fingerprint() -> dict[str, str | int]:
    """What equal bytes are conditional on: versions, instruction set, threads per worker."""
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in _FINGERPRINTED},
        "machine": platform.machine(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "threads_per_worker": 1,
    }
