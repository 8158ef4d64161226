"""Shuffled batches of noisy past and clean future, the same whatever came before."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from tools.channel.data.configuration import Array, Configuration
from tools.channel.data.store import Part, sequences
from twins.runtime import derive_seed


@dataclass(frozen=True)
class Batch:
    """Sequences of one configuration.

    Attributes:
        noisy: [B, T, K, N] complex64, the clean ones with white noise.
        clean: [B, T, K, N] complex64, mean power 1.
        snr_db: [B] power of the clean sequence over that of the noise.
        array: of the antennas.
    """

    noisy: Tensor
    clean: Tensor
    snr_db: Tensor
    array: Array

    def to(self, device: torch.device | str) -> "Batch":
        """On another device."""
        noisy, clean, snr_db = (t.to(device) for t in (self.noisy, self.clean, self.snr_db))
        return Batch(noisy, clean, snr_db, self.array)


def with_noise(clean: Tensor, snr_db: Tensor, generator: torch.Generator) -> Tensor:
    """Sequences [B, T, K, N] of mean power 1 with complex white noise at SNRs [B]."""
    noise = torch.randn(clean.shape, dtype=clean.dtype, generator=generator)
    return clean + noise * (10.0 ** (-snr_db / 20.0))[:, None, None, None]


class Stream:
    """Batches of several configurations; each batch holds one of them.

    Args:
        count: sequences of each configuration.
        size: of a batch.
        snr_db: lowest and highest, drawn uniformly for each sequence.
    """

    def __init__(
        self,
        configurations: Sequence[Configuration],
        part: Part,
        count: int,
        size: int,
        seed: int = 0,
        snr_db: tuple[float, float] = (5.0, 25.0),
        folder: Path | None = None,
    ) -> None:
        self._sets = [(c.array, sequences(c, part, count, seed, folder)) for c in configurations]
        self._part, self._size, self._seed, self._snr_db = part, size, seed, snr_db

    def batch(self, step: int) -> Batch:
        """The batch of a step: every configuration once before any twice, sequences at random."""
        cycle, place = divmod(step, len(self._sets))
        order = torch.randperm(len(self._sets), generator=self._generator("order", cycle))
        array, clean = self._sets[int(order[place])]
        generator = self._generator("batch", step)
        chosen = clean[torch.randint(len(clean), (self._size,), generator=generator)]
        low, high = self._snr_db
        snr_db = low + (high - low) * torch.rand(self._size, generator=generator)
        return Batch(with_noise(chosen, snr_db, generator), chosen, snr_db, array)

    def _generator(self, *parts: str | int) -> torch.Generator:
        seed = derive_seed("csi-stream", self._part, self._seed, *parts)
        return torch.Generator().manual_seed(seed)
