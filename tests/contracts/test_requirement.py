"""Requirements: comparator and unit are part of the type, margins are right on arrays too."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.kpi import CATALOGUE, Kpi
from contracts.requirement import (
    Condition,
    PowerBound,
    RatioBound,
    RelativeChange,
    Requirement,
    ThroughputBound,
    format_cells,
)

BOUNDS = {
    "mbps": ThroughputBound(threshold_mbps=5),
    "w": PowerBound(threshold_w=5),
    "percent": RatioBound(threshold_percent=5),
}
VALUES = st.floats(0, 1e6)


def requirement(kpi=Kpi.UE_THP_DL_MEAN, condition=Condition.AT_LEAST, bound=None, cells=(1, 2)):
    return Requirement(
        kpi=kpi, cells=cells, condition=condition, bound=bound or RelativeChange(change_percent=20)
    )


@pytest.mark.parametrize("kpi", Kpi)
@pytest.mark.parametrize("unit", BOUNDS)
def test_a_bound_must_be_in_the_unit_of_its_kpi(kpi, unit):
    if CATALOGUE[kpi].unit == unit:
        assert requirement(kpi, bound=BOUNDS[unit]).bound == BOUNDS[unit]
    else:
        with pytest.raises(ValidationError, match=f"{kpi} is in {CATALOGUE[kpi].unit}"):
            requirement(kpi, bound=BOUNDS[unit])


@pytest.mark.parametrize("cells", [(), (2, 1), (1, 1), (-1,), (16384,)])
def test_cells_are_distinct_ascending_and_possible(cells):
    with pytest.raises(ValidationError):
        requirement(cells=cells)


@pytest.mark.parametrize("condition", ["at least", ">=", "", "IS_EQUAL_TO", None])
def test_unknown_comparators_are_refused(condition):
    with pytest.raises(ValidationError):
        requirement(condition=condition)


def test_coverage_loss_takes_no_relative_bound():
    with pytest.raises(ValidationError, match="already relative"):
        requirement(Kpi.COVERAGE_LOSS_RATIO, Condition.AT_MOST)


def test_bounds_without_their_unit_or_of_unknown_kind_are_refused():
    for bound in ({"kind": "throughput", "threshold": 5}, {"kind": "speed", "threshold_mbps": 5}):
        with pytest.raises(ValidationError):
            requirement(bound=bound)


@pytest.mark.parametrize(
    ("bound", "before", "threshold"),
    [
        (RelativeChange(change_percent=20), 10.0, 12.0),
        (RelativeChange(change_percent=-5), 10.0, 9.5),
        (RelativeChange(change_percent=0), 10.0, 10.0),
        (RelativeChange(change_percent=-100), 10.0, 0.0),
        (ThroughputBound(threshold_mbps=7), 10.0, 7.0),
    ],
)
def test_thresholds(bound, before, threshold):
    assert requirement(bound=bound).threshold(before) == pytest.approx(threshold)


@given(VALUES, VALUES, st.floats(-100, 1000))
def test_inverted_comparators_have_opposite_margins(before, after, change):
    bound = RelativeChange(change_percent=change)
    least = requirement(bound=bound).margin(before, after)
    most = requirement(condition=Condition.AT_MOST, bound=bound).margin(before, after)
    assert least == -most
    assert (least >= 0) == (after >= requirement(bound=bound).threshold(before))


@given(VALUES, VALUES, VALUES)
def test_more_is_better_for_at_least_and_worse_for_at_most(before, low, high):
    assume(low < high)
    least, most = requirement(), requirement(condition=Condition.AT_MOST)
    assert least.margin(before, low) <= least.margin(before, high)
    assert most.margin(before, low) >= most.margin(before, high)


@given(
    st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=8),
    st.sampled_from(Condition),
    st.sampled_from([RelativeChange(change_percent=20), ThroughputBound(threshold_mbps=3)]),
)
def test_margins_of_arrays_and_tensors_are_those_of_their_elements(pairs, condition, bound):
    subject = requirement(condition=condition, bound=bound)
    before, after = (list(side) for side in zip(*pairs, strict=True))
    expected = [subject.margin(b, a) for b, a in pairs]
    np.testing.assert_allclose(subject.margin(np.array(before), np.array(after)), expected)
    tensors = subject.margin(torch.tensor(before).double(), torch.tensor(after).double())
    assert tensors.shape == (len(pairs),)
    torch.testing.assert_close(
        tensors, torch.tensor(expected, dtype=torch.float64), rtol=1e-6, atol=1e-2
    )


def test_an_unknown_kpi_value_never_holds():
    """A margin of nan compares as missed, for either comparator."""
    for condition in Condition:
        assert not requirement(condition=condition).margin(1.0, float("nan")) >= 0


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (requirement(), "mean throughput of cells 1, 2 at least +20 %"),
        (
            requirement(
                Kpi.TX_POWER_TOTAL, Condition.AT_MOST, RelativeChange(change_percent=0), (1, 2, 3)
            ),
            "total transmit power of cells 1-3 at most as much as now",
        ),
        (
            requirement(Kpi.LOW_SINR_RATIO, Condition.AT_MOST, BOUNDS["percent"], (4,)),
            "share of UEs with low SINR of cell 4 at most 5 %",
        ),
        (
            requirement(Kpi.PEE_AVG_POWER, Condition.AT_MOST, BOUNDS["w"], (4,)),
            "consumed power of cell 4 at most 5 W",
        ),
        (
            requirement(bound=BOUNDS["mbps"], cells=(7,)),
            "mean throughput of cell 7 at least 5 Mbit/s",
        ),
    ],
)
def test_descriptions(subject, text):
    assert subject.describe() == text


@given(st.sets(st.integers(0, 40), min_size=1))
def test_formatted_cells_name_exactly_the_cells(cells):
    named: set[int] = set()
    for part in format_cells(tuple(sorted(cells))).split(", "):
        low, _, high = part.partition("-")
        named |= set(range(int(low), int(high or low) + 1))
    assert named == cells


@given(st.sampled_from(Condition), st.floats(-100, 1e4))
def test_requirements_read_back_unchanged(condition, change):
    subject = requirement(condition=condition, bound=RelativeChange(change_percent=change))
    assert Requirement.parse(subject.canonical()) == subject
