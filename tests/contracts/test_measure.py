"""KPIs measured on snapshots, over the cohort of the decision; what cannot be measured says so."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import RanwrightError
from contracts.kpi import Kpi
from contracts.measure import Thresholds, margin_of, measure_kpi, percentile
from contracts.requirement import Condition, PowerBound, RatioBound, RelativeChange, Requirement
from tests.agents.city import cell, snapshot, ue

THRESHOLDS = Thresholds(weak_rsrp_dbm=-120, low_sinr_db=-3)


def measured(kpi, cells, now, before=None):
    return measure_kpi(kpi, cells, before or now, now, THRESHOLDS)


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50),
    st.floats(0, 100) | st.sampled_from([0.0, 5.0, 50.0, 95.0, 100.0]),
)
def test_percentile_is_numpys(values, percent):
    assert percentile(values, percent) == pytest.approx(
        float(np.percentile(values, percent)), rel=1e-9, abs=1e-6
    )


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 100))
def test_percentile_lies_among_the_values(values, percent):
    assert min(values) <= percentile(values, percent) <= max(values) * (1 + 1e-12)


def test_throughput_is_taken_over_the_served_ues_of_the_cells():
    now = snapshot(
        (
            ue(1, 1, throughput_mbps=10.0),
            ue(2, 1, throughput_mbps=30.0),
            ue(3, 2, throughput_mbps=99.0),
            ue(4, 1, throughput_mbps=None),
        )
    )
    assert measured(Kpi.UE_THP_DL_MEAN, (1,), now) == 20.0
    assert measured(Kpi.UE_THP_DL_P5, (1,), now) == pytest.approx(11.0)
    assert measured(Kpi.UE_THP_DL_MEAN, (1, 2), now) == pytest.approx(139 / 3)


def test_shedding_a_weak_ue_to_a_neighbour_is_no_improvement():
    before = snapshot((ue(1, 1, throughput_mbps=1.0), ue(2, 1, throughput_mbps=9.0)))
    after = snapshot((ue(1, 2, throughput_mbps=1.0), ue(2, 1, throughput_mbps=9.0)))
    assert measured(Kpi.UE_THP_DL_MEAN, (1,), after, before) == 5.0
    # taken over those whom the cell serves afterwards, it would have looked better
    assert measured(Kpi.UE_THP_DL_MEAN, (1,), after) == 9.0


def test_a_ue_that_joins_does_not_count():
    before = snapshot((ue(1, 1, throughput_mbps=5.0),))
    after = snapshot((ue(1, 1, throughput_mbps=5.0), ue(9, 1, throughput_mbps=100.0)))
    assert measured(Kpi.UE_THP_DL_MEAN, (1,), after, before) == 5.0


def test_power_is_summed_over_the_named_cells():
    now = snapshot(cells=(cell(1, 10_000), cell(2, 20_000), cell(3, 40_000)))
    assert measured(Kpi.TX_POWER_TOTAL, (1, 3), now) == pytest.approx(50.0)
    assert measured(Kpi.PEE_AVG_POWER, (1, 3), now) == pytest.approx(600.0)


def test_power_of_a_cell_without_ues_is_defined():
    assert measured(Kpi.TX_POWER_TOTAL, (3,), snapshot()) == pytest.approx(40.0)


def test_coverage_ratios_count_strictly_below_the_threshold():
    now = snapshot(
        (
            ue(1, 1, -120.0, sinr_db=-3.0),
            ue(2, 1, -120.1, sinr_db=-3.1),
            ue(3, 1, -80.0, sinr_db=-20.0),
            ue(4, 1, -140.0),
        )
    )
    assert measured(Kpi.WEAK_RSRP_RATIO, (1,), now) == 50.0
    assert measured(Kpi.LOW_SINR_RATIO, (1,), now) == 50.0


def test_coverage_loss_counts_only_who_had_coverage():
    before = snapshot((ue(1, 1, -119.0), ue(2, 1, -121.0), ue(3, 1, -90.0), ue(4, 1, -90.0)))
    after = snapshot((ue(1, 1, -121.0), ue(2, 1, -130.0), ue(3, 2, -91.0), ue(4, 1, -90.0)))
    assert measured(Kpi.COVERAGE_LOSS_RATIO, (1,), after, before) == 25.0
    assert measured(Kpi.COVERAGE_LOSS_RATIO, (1,), before) == 0.0


@pytest.mark.parametrize(
    "kpi", [k for k in Kpi if k not in (Kpi.TX_POWER_TOTAL, Kpi.PEE_AVG_POWER)]
)
def test_ue_kpis_of_idle_cells_and_lost_ues_are_errors(kpi):
    with pytest.raises(RanwrightError) as idle:
        measured(kpi, (3,), snapshot())
    assert idle.value.code == "kpi.empty_cohort"
    before, after = snapshot((ue(1, 1), ue(2, 1))), snapshot((ue(1, 1),))
    with pytest.raises(RanwrightError) as lost:
        measured(kpi, (1,), after, before)
    assert lost.value.code == "kpi.ue_lost"
    assert "[2]" in lost.value.message


@pytest.mark.parametrize("kpi", [Kpi.UE_THP_DL_MEAN, Kpi.UE_THP_DL_P5])
def test_throughput_without_traffic_is_an_error(kpi):
    with pytest.raises(RanwrightError) as caught:
        measured(kpi, (1,), snapshot((ue(1, 1, throughput_mbps=None),)))
    assert caught.value.code == "kpi.no_traffic"


@pytest.mark.parametrize(
    ("kpi", "condition", "bound", "margin"),
    [
        (Kpi.UE_THP_DL_MEAN, Condition.AT_LEAST, RelativeChange(change_percent=20), 1.0),
        (Kpi.UE_THP_DL_MEAN, Condition.AT_MOST, RelativeChange(change_percent=20), -1.0),
        (Kpi.TX_POWER_TOTAL, Condition.AT_MOST, PowerBound(threshold_w=15), 5.0),
        (Kpi.WEAK_RSRP_RATIO, Condition.AT_MOST, RatioBound(threshold_percent=5), 5.0),
    ],
)
def test_margins(kpi, condition, bound, margin):
    before = snapshot((ue(1, 1, throughput_mbps=10.0),))
    after = snapshot((ue(1, 1, throughput_mbps=13.0),), cells=(cell(1, 10_000), cell(2), cell(3)))
    subject = Requirement(kpi=kpi, cells=(1,), condition=condition, bound=bound)
    assert margin_of(subject, before, after, THRESHOLDS) == pytest.approx(margin)
