import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import RanwrightError
from twins.dynamics.randomness import stream
from twins.dynamics.scheduling import SlicePolicy, proportional_fair, water_fill


def policy(dedicated: list[int], minimum: list[int], maximum: list[int]) -> SlicePolicy:
    ratios = (np.array(r) / 100.0 for r in (dedicated, minimum, maximum))
    return SlicePolicy(*ratios, slice_of=np.array([0, 0, 1, 1]))


ONE_CELL = np.zeros(4, dtype=int)


@settings(deadline=None)
@given(
    need=st.lists(st.floats(0.0, 2.0), min_size=1, max_size=12),
    budgets=st.lists(st.floats(0.0, 1.5), min_size=1, max_size=3),
    seed=st.integers(0, 1000),
)
def test_water_filling_is_max_min_fair(need: list[float], budgets: list[float], seed: int) -> None:
    needs, budget = np.array(need), np.array(budgets)
    group = stream("group", seed).integers(0, budget.size, needs.size)
    given_ = water_fill(needs, group, budget)
    assert (given_ >= -1e-12).all()
    assert (given_ <= needs + 1e-9).all()
    for g in range(budget.size):
        mine = group == g
        total = given_[mine].sum()
        assert total == pytest.approx(min(needs[mine].sum(), budget[g]), abs=1e-9)
        unmet = mine & (needs - given_ > 1e-9)
        if unmet.any():  # who is left wanting has at least what anybody else has
            assert given_[unmet].min() >= given_[mine].max() - 1e-9


def test_an_idle_dedicated_share_is_lost_and_an_idle_minimum_is_lent() -> None:
    only_first = np.array([1.0, 1.0, 0.0, 0.0])
    dedicated = policy([0, 30], [0, 30], [100, 100]).share(only_first, ONE_CELL, 1)
    lent = policy([0, 0], [0, 30], [100, 100]).share(only_first, ONE_CELL, 1)
    assert dedicated.tolist() == pytest.approx([0.35, 0.35, 0.0, 0.0])
    assert lent.tolist() == pytest.approx([0.5, 0.5, 0.0, 0.0])


def test_a_minimum_holds_against_overload() -> None:
    everybody = np.array([1.0, 1.0, 1.0, 0.0])
    free = policy([0, 0], [0, 0], [100, 100]).share(everybody, ONE_CELL, 1)
    held = policy([0, 0], [0, 60], [100, 100]).share(everybody, ONE_CELL, 1)
    assert free.tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0.0])
    # 60 % for the second slice, and of the rest its third
    assert held[2] == pytest.approx(0.6 + 0.4 / 3)


def test_a_maximum_is_not_exceeded_even_if_the_cell_is_idle() -> None:
    alone = policy([0, 0], [0, 0], [100, 40]).share(np.array([0, 0, 1.0, 1.0]), ONE_CELL, 1)
    assert alone.tolist() == pytest.approx([0.0, 0.0, 0.2, 0.2])


@pytest.mark.parametrize(
    ("dedicated", "minimum", "maximum"),
    [([0, 50], [0, 30], [100, 100]), ([0, 0], [0, 50], [100, 40]), ([0, 0], [60, 60], [100, 100])],
)
def test_contradictory_ratios_are_refused(
    dedicated: list[int], minimum: list[int], maximum: list[int]
) -> None:
    with pytest.raises(RanwrightError) as caught:
        policy(dedicated, minimum, maximum)
    assert caught.value.code == "dynamics.slice_ratios"


def test_proportional_fair_is_round_robin_on_equal_channels() -> None:
    rate = np.tile([[10.0, 20.0, 30.0]], (4, 1))
    whole = proportional_fair(rate, np.ones(3, dtype=bool), np.zeros(3, dtype=int), 1)
    assert whole.tolist() == pytest.approx([40.0, 80.0, 120.0])


def test_proportional_fair_puts_ues_where_they_are_best() -> None:
    rate = np.array([[30.0, 10.0], [10.0, 30.0]])
    whole = proportional_fair(rate, np.ones(2, dtype=bool), np.zeros(2, dtype=int), 1)
    assert (whole > 48.0).all()  # 40 without regard to the bands, 60 with a band each
    assert (whole <= 60.0).all()
