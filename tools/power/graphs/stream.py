"""Endless streams of graphs that follow from a seed; nothing is stored."""

from collections.abc import Iterator

import torch

from tools.power.graphs.families import BLOCK, Family
from tools.power.graphs.graph import LinkGraphs, concatenated
from twins.runtime import derive_seed


def block(
    family: Family, links: int, seed: int, index: int, device: torch.device | str = "cpu"
) -> LinkGraphs:
    """Block ``index`` of a family: :data:`BLOCK` graphs.

    The same on every machine with one device kind; another kind draws other numbers.
    """
    generator = torch.Generator(device)
    generator.manual_seed(derive_seed("graphs", family.name, links, seed, index))
    return family.draw(BLOCK, links, generator)


def graphs(
    family: Family, links: int, seed: int, count: int, first: int = 0, device: str = "cpu"
) -> LinkGraphs:
    """Graphs ``first`` to ``first + count - 1`` of a family's stream."""
    low, high = first // BLOCK, -(-(first + count) // BLOCK)
    whole = concatenated([block(family, links, seed, i, device) for i in range(low, high)])
    start = first - low * BLOCK
    return whole[start : start + count]


def batches(
    family: Family, links: int, seed: int, size: int, first: int = 0, device: str = "cpu"
) -> Iterator[LinkGraphs]:
    """The stream from graph ``first`` on, in batches of ``size``."""
    while True:
        yield graphs(family, links, seed, size, first, device)
        first += size
