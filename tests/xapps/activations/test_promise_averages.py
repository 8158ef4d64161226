"""Averages made report by report are those of a snapshot, as long as nothing moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.activation import ActivationPlan
from contracts.errors import RanwrightError
from contracts.kpi import Kpi
from contracts.network import (
    REPORT_PERIOD_MS,
    CellConfiguration,
    CellMeasurement,
    KpmReport,
    NetworkSnapshot,
    UeMeasurement,
)
from contracts.plant_link import NodeInfo
from tests.xapps.activations.test_activation_conflicts import party
from tests.xapps.world import now
from xapps.actuator.activations.promises import Averages, missed
from xapps.actuator.plausible import require_plausible
from xapps.sdk.kpm_rows import RowReport, UeRow

CELLS = (1, 2)
NODE = NodeInfo(
    node_name="plain-00000000",
    scenario="plain",
    scenario_digest="sha256:" + "5" * 64,
    kpm_time_ms=0,
    pace_factor=1.0,
    resource_version=3,
    cells=tuple(
        CellConfiguration(cell_id=c, configured_max_tx_power_mw=20_000, digital_tilt_decidegrees=0)
        for c in CELLS
    ),
)
AMOUNT = st.floats(0, 100)


@st.composite
def reports(draw: st.DrawFn) -> list[KpmReport]:
    """A window in which UEs come, move and are heard by some cells."""

    def ue(ue_id: int) -> UeMeasurement:
        serving = draw(st.sampled_from(CELLS))
        heard = draw(st.sets(st.sampled_from((*CELLS, 7)))) | {serving}
        return UeMeasurement(
            ue_id=ue_id,
            serving_cell=serving,
            dl_volume_mbit=draw(AMOUNT),
            dl_active_time_ms=draw(st.just(0.0) | st.floats(1, REPORT_PERIOD_MS)),
            sinr_db=draw(st.floats(-20, 40)),
            rsrp_dbm={c: draw(st.floats(-140, -60)) for c in heard},
        )

    present = st.sets(st.integers(0, 3))
    return [
        KpmReport(
            kpm_time_ms=(n + 1) * REPORT_PERIOD_MS,
            period_ms=REPORT_PERIOD_MS,
            resource_version=3,
            cells=tuple(
                CellMeasurement(
                    cell_id=c,
                    ue_throughput_mbps=draw(AMOUNT),
                    prb_usage_percent=draw(AMOUNT),
                    connected_ues=draw(AMOUNT),
                    average_power_w=draw(AMOUNT),
                )
                for c in CELLS
            ),
            ues=tuple(ue(u) for u in sorted(draw(present))),
        )
        for n in range(draw(st.integers(1, 4)))
    ]


def rows_of(report: KpmReport) -> RowReport:
    rows = [UeRow(*(getattr(ue, name) for name in UeRow._fields)) for ue in report.ues]
    return RowReport(
        report.kpm_time_ms, report.period_ms, report.resource_version, report.cells, rows, b""
    )


@given(reports())
def test_rows_are_believed_as_reports_are(window: list[KpmReport]) -> None:
    for report in window:
        assert why_not(rows_of(report)) == why_not(report)


def why_not(report: KpmReport | RowReport) -> str | None:
    try:
        require_plausible((report,), NODE)
    except RanwrightError as error:
        return error.message
    return None


@given(reports())
def test_a_window_becomes_the_snapshot_that_its_reports_make(window: list[KpmReport]) -> None:
    averages, taken_at = Averages(), now()
    for report in window:
        averages.add(rows_of(report))
    found = averages.snapshot(NODE, taken_at)
    expected = NetworkSnapshot.from_reports(
        NODE.scenario, NODE.scenario_digest, NODE.cells, window, taken_at
    )
    assert numbers(found) == pytest.approx(numbers(expected))
    assert [(u.ue_id, u.serving_cell) for u in found.ues] == [
        (u.ue_id, u.serving_cell) for u in expected.ues
    ]
    assert (found.window_ms, found.reports) == (expected.window_ms, expected.reports)


def numbers(snapshot: NetworkSnapshot) -> list[float]:
    found: list[float] = []
    for cell in snapshot.cells:
        measured = cell.measurement
        found += [measured.ue_throughput_mbps, measured.prb_usage_percent]
        found += [measured.connected_ues, measured.average_power_w]
    for ue in snapshot.ues:
        rate = -1.0 if ue.throughput_mbps is None else ue.throughput_mbps
        found += [rate, ue.dl_active_time_ms, ue.sinr_db]
        found += [v for _, v in sorted(ue.rsrp_dbm.items())] + [float(len(ue.rsrp_dbm))]
    return found


def test_a_window_without_reports_says_nothing() -> None:
    with pytest.raises(RanwrightError) as caught:
        Averages().snapshot(NODE, now())
    assert caught.value.code == "snapshot.no_reports"


@pytest.mark.parametrize(("before_mbps", "kept"), [(10.0, True), (10.1, False)])
def test_a_promise_is_held_against_the_value_that_it_names(before_mbps: float, kept: bool) -> None:
    averages = Averages()
    ue = UeMeasurement(
        ue_id=1,
        serving_cell=1,
        dl_volume_mbit=2.0,
        dl_active_time_ms=REPORT_PERIOD_MS,
        sinr_db=10,
        rsrp_dbm={1: -80.0},
    )
    cells = tuple(
        CellMeasurement(
            cell_id=c, ue_throughput_mbps=1, prb_usage_percent=1, connected_ues=1, average_power_w=1
        )
        for c in CELLS
    )
    report = KpmReport(kpm_time_ms=200, period_ms=200, resource_version=3, cells=cells, ues=(ue,))
    averages.add(rows_of(report))
    measured = averages.snapshot(NODE, now())
    plan = promising(before_mbps)
    assert (not list(missed(plan, measured, measured))) == kept


def promising(before_mbps: float) -> ActivationPlan:
    plan = party("a" * 32, (1,), Kpi.UE_THP_DL_MEAN, (1,)).plan
    promise = plan.promises[0].model_copy(update={"before_in_kpi_unit": before_mbps})
    return plan.model_copy(update={"promises": (promise,)})
