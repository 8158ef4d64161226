"""One grid for all: what a domain lets through is what the equipment can be set to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.dictionary.profile import PowerRange
from contracts.power_grid import grid_between, is_on_grid
from contracts.problem import PowerVariable

maxima_mw = st.integers(1, 400_000)
steps_db = st.sampled_from([0.01, 0.1, 0.25, 0.5, 1.0, 3.0, 10.0]) | st.floats(0.01, 20)


@given(maxima_mw, steps_db, st.data())
def test_a_domain_lets_through_what_the_equipment_can_be_set_to(max_mw, step_db, data):
    least_mw = max(1, max_mw // data.draw(st.integers(1, 1000)))
    equipment = PowerRange(min_mw=least_mw, max_mw=max_mw, step_db=step_db).grid_mw()
    low, at, high = sorted(data.draw(st.integers(0, len(equipment) - 1)) for _ in range(3))
    domain = PowerVariable(
        cell_id=1,
        current_mw=equipment[at],
        lower_mw=equipment[low],
        upper_mw=equipment[high],
        step_db=step_db,
        equipment_max_mw=max_mw,
    )
    assert domain.settable_mw == equipment[low : high + 1]
    for power_mw in {*domain.settable_mw, *(p + 1 for p in domain.settable_mw), 1}:
        if domain.lower_mw <= power_mw <= domain.upper_mw:
            assert domain.is_settable(power_mw) == (power_mw in equipment)


@given(maxima_mw, st.floats(1e-4, 20), st.data())
def test_on_the_grid_is_what_the_grid_holds(max_mw, step_db, data):
    power_mw = data.draw(st.integers(max(1, max_mw // 8), max_mw))
    held = grid_between(max_mw, step_db, power_mw, power_mw)
    assert held == ((power_mw,) if is_on_grid(power_mw, max_mw, step_db) else ())


def test_from_another_value_rounding_leads_astray():
    domain = PowerVariable(
        cell_id=1, current_mw=50, lower_mw=32, upper_mw=63, step_db=1.0, equipment_max_mw=99_527
    )
    alone = domain.model_copy(update={"equipment_max_mw": None})
    equipment = PowerRange(min_mw=32, max_mw=99_527, step_db=1.0).grid_mw()
    assert set(domain.settable_mw) - {50} <= set(equipment)
    assert not set(alone.settable_mw) - {50} <= set(equipment)


def test_the_power_in_force_may_be_set_whatever_it_is():
    domain = PowerVariable(cell_id=1, current_mw=11_111, lower_mw=9_000, upper_mw=20_000, step_db=1)
    assert domain.is_settable(11_111)
    assert not domain.is_settable(11_112)
    assert 11_111 in domain.settable_mw


def test_no_domain_reaches_above_the_equipment():
    with pytest.raises(ValidationError, match="at most 19999 mW"):
        PowerVariable(
            cell_id=1,
            current_mw=10_000,
            lower_mw=9_000,
            upper_mw=20_000,
            step_db=1,
            equipment_max_mw=19_999,
        )
