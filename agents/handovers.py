"""Steps that together hand a UE over, and so must not stand in one envelope.

Corners bound an envelope exactly as long as every UE stays where it is. A UE that changes its cell
changes the load of two, may be kept by the weaker one afterwards, and what its neighbours then get
is bounded by no corner. Whether it changes hangs on the powers of the two cells alone, so pairs of
steps say it all; and serving cells need no window, so all of them are looked at.
"""

from collections.abc import Callable, Sequence
from itertools import product

from torch import Tensor

from agents.steps import Step, Way
from agents.verifier.activation.box import Box, Powers

Apart = tuple[Step, ...]
"""Steps of which not all must be taken: one, or one of each cell of a pair."""

Serving = Callable[[Powers], Tensor]
"""[N, U] index of the serving cell at some powers, coming from those in force."""


def kept_apart(
    ways: Sequence[Way], widest: Box, present: Box, cell_ids: Sequence[int], serving: Serving
) -> list[Apart]:
    """All steps that change a UE's cell in any of a few networks, alone or in pairs.

    Args:
        ways: of the cells that may take steps.
        widest: ends of all cells that move, those of other activations among them.
        present: the same where none of the steps is taken.
        cell_ids: in the order of the indices.
        serving: on the conditioned twin.
    """
    by_end = {(way[0].cell_id, way[0].up): way for way in ways}
    here, apart = serving({}), list[Apart]()
    for source, target in sorted(_linked(widest, here, serving)):
        loses, gains = cell_ids[source], cell_ids[target]
        others_mw = {c: mw for c, mw in present.lower_mw.items() if c == loses}
        others_mw |= {c: mw for c, mw in present.upper_mw.items() if c == gains}
        down, up = by_end.get((loses, False), ()), by_end.get((gains, True), ())
        for steps in _some_of(down, up):
            there = serving(others_mw | {step.cell_id: step.to_mw for step in steps})
            if ((here == source) & (there == target)).any():
                if not steps:
                    break  # whatever is taken, another activation hands it over
                apart.append(steps)
    return apart


def _some_of(down: Way, up: Way) -> list[Apart]:
    """None, then at most one of each."""
    pairs = product((None, *down), (None, *up))
    return [tuple(step for step in pair if step is not None) for pair in pairs]


def _linked(widest: Box, here: Tensor, serving: Serving) -> set[tuple[int, int]]:
    """Pairs of cells, by index, of which the first loses a UE to the second somewhere inside."""
    pairs: set[tuple[int, int]] = set()
    for cell in (None, *sorted(widest.upper_mw)):
        raised = {} if cell is None else {cell: widest.upper_mw[cell]}
        there = serving(widest.lower_mw | raised)
        moved = here != there
        pairs |= set(zip(here[moved].tolist(), there[moved].tolist(), strict=True))
    return pairs
