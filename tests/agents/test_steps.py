"""The choice of steps: as good as trying all of them, never more than fits, outward only."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.steps import Step, Way, choose


def ways(*lengths: int) -> list[Way]:
    """Of cell 1, 2, ...: so many steps down."""
    return [
        tuple(Step(cell, 1000 - rank, rank, False, 1.0 / rank) for rank in range(1, length + 1))
        for cell, length in enumerate(lengths, start=1)
    ]


def outward(some: tuple[Step, ...]) -> bool:
    taken = {(s.cell_id, s.rank) for s in some}
    return all(rank == 1 or (cell, rank - 1) in taken for cell, rank in taken)


def spent(found: list[Way], cost: np.ndarray, some: tuple[Step, ...]) -> np.ndarray:
    """The farthest step of each way stands for those before it."""
    total, start = np.zeros(cost.shape[1]), 0
    for way in found:
        depth = sum(step in some for step in way)
        if depth:
            total = total + cost[start + depth - 1]
        start += len(way)
    return total


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_no_other_choice_is_worth_more(data) -> None:
    found = ways(*data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=3)))
    steps = [step for way in found for step in way]
    promises = data.draw(st.integers(1, 3))
    amount = st.integers(0, 9)
    more = np.array([[data.draw(amount) for _ in range(promises)] for _ in steps], float)
    cost = np.concatenate(
        [more[[s in way for s in steps]].cumsum(0) for way in found]
    )  # farther costs more
    room = np.array([data.draw(st.integers(0, 12)) for _ in range(promises)], float)
    apart = data.draw(
        st.lists(st.lists(st.sampled_from(steps), min_size=1, max_size=2, unique=True))
    )

    def fits(some: tuple[Step, ...]) -> bool:
        together = any(set(few) <= set(some) for few in apart)
        return outward(some) and not together and bool((spent(found, cost, some) <= room).all())

    chosen = choose(found, cost, room, apart)
    assert fits(chosen)
    subsets = itertools.chain.from_iterable(
        itertools.combinations(steps, n) for n in range(len(steps) + 1)
    )
    best = max(sum(s.weight for s in some) for some in subsets if fits(some))
    assert sum(s.weight for s in chosen) >= best - 1e-9


def test_nothing_moves_where_a_promise_has_less_than_nothing_left() -> None:
    found = ways(2, 2)
    assert choose(found, np.zeros((4, 1)), np.array([-0.1])) == ()
    assert len(choose(found, np.zeros((4, 1)), np.array([0.0]))) == 4
    assert choose([], np.zeros((0, 1)), np.array([1.0])) == ()
