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
"""One or two steps that must not be taken all."""

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
        ends_mw = {
            c: end[c]
            for c, end in ((loses, present.lower_mw), (gains, present.upper_mw))
            if c in end
        }
        for down, up in product(
            (None, *by_end.get((loses, False), ())), (None, *by_end.get((gains, True), ()))
        ):
            steps = tuple(step for step in (down, up) if step is not None)
            there = serving(ends_mw | {step.cell_id: step.to_mw for step in steps})
            if steps and ((here == source) & (there == target)).any():
                apart.append(steps)
    return apart


def _linked(widest: Box, here: Tensor, serving: Serving) -> set[tuple[int, int]]:
    """Pairs of cells, by index, of which the first loses a UE to the second somewhere inside."""
    pairs: set[tuple[int, int]] = set()
    for cell in (None, *sorted(widest.upper_mw)):
        raised = {} if cell is None else {cell: widest.upper_mw[cell]}
        there = serving(widest.lower_mw | raised)
        moved = here != there
        pairs |= set(zip(here[moved].tolist(), there[moved].tolist(), strict=True))
    return pairs
