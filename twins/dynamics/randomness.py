"""Random streams: one a purpose, so that two runs that differ in a knob share everything else.

Arrays here are small and change every few milliseconds; numpy handles them several times faster
than torch does.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twins.runtime import derive_seed

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def stream(*parts: str | int) -> np.random.Generator:
    """A numpy generator seeded with :func:`twins.runtime.derive_seed`."""
    return np.random.default_rng(derive_seed("dynamics", *parts))


@dataclass
class CorrelatedNormals:
    """Standard normals that follow an autoregression of first order.

    Attributes:
        correlation: between two steps; broadcasts against ``shape``.
        shape: of a draw.
        random: where the innovations come from.
        value: the present state, stationary from the start.
    """

    correlation: Floats
    shape: tuple[int, ...]
    random: np.random.Generator
    value: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.value = self.random.standard_normal(self.shape)
        self._innovation = np.sqrt(1.0 - self.correlation**2)

    def step(self) -> Floats:
        """Move on by one step."""
        fresh = self.random.standard_normal(self.shape)
        self.value = self.correlation * self.value + self._innovation * fresh
        return self.value


def gamma_power(normals: Floats, shape: Floats) -> Floats:
    """Gamma variates of mean 1 made from normals, as :mod:`twins.flow` makes them.

    Args:
        normals: any shape.
        shape: Nakagami m times the number of bands averaged; broadcasts.
    """
    ninth = 1.0 / (9.0 * shape)
    root = np.maximum(1.0 - ninth + normals * np.sqrt(ninth), 0.0)
    power: Floats = root * root * root
    return power
