"""CSI sequences made once and kept in the user's cache, by digest of what they follow from."""

import os
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from platformdirs import user_cache_path
from torch import Tensor

from contracts.canonical import canonical_bytes, digest_bytes
from tools.channel.data import beats, rays, site, streets, tr38901
from tools.channel.data.configuration import Configuration
from twins.runtime import derive_seed

Part = Literal["training", "validation", "test"]
"""Parts share no seed."""

BLOCK = 64
"""Sequences that one seed draws together, so that a longer set begins with the shorter one."""

_FORMAT = 1


def sequences(
    configuration: Configuration,
    part: Part,
    count: int,
    seed: int = 0,
    folder: Path | None = None,
) -> Tensor:
    """Clean sequences [count, T, K, N] complex64, each of mean power 1.

    Args:
        folder: of the cache; default is the user's.

    Raises:
        RanwrightError: ``twin.llvm_missing`` for a traced city without LLVM.
    """
    root = folder or user_cache_path("ranwright") / "csi"
    blocks = [_block(configuration, part, seed, i, root) for i in range(-(-count // BLOCK))]
    return torch.cat(blocks)[:count]


def _block(configuration: Configuration, part: Part, seed: int, index: int, root: Path) -> Tensor:
    origin = {
        "format": _FORMAT,
        "configuration": configuration.to_json(),
        "part": part,
        "seed": seed,
        "index": index,
        "versions": {name: version(name) for name in ("sionna", "torch")},
    }
    digest = digest_bytes(canonical_bytes(origin))
    path = root / f"{digest.removeprefix('sha256:')}.npy"
    if path.is_file():
        return torch.from_numpy(np.load(path))
    drawn = _drawer(configuration)(
        configuration, BLOCK, derive_seed("csi", part, configuration.digest, seed, index)
    )
    made = normalised(drawn)
    root.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    with partial.open("wb") as file:
        np.save(file, made.numpy())
    partial.replace(path)
    return made


def _drawer(configuration: Configuration) -> Callable[[Configuration, int, int], Tensor]:
    if configuration.generator == "rays":
        return rays.draw
    if configuration.generator == "beats":
        return beats.draw
    if configuration.generator == "streets":
        return streets.draw
    return site.draw if configuration.generator.startswith("site-") else tr38901.draw


def normalised(sequence: Tensor) -> Tensor:
    """Each sequence [B, T, K, N] divided by the root of its mean power."""
    power = sequence.abs().square().mean((1, 2, 3), keepdim=True)
    return sequence / power.sqrt()
