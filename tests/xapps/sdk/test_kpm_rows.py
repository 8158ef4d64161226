"""Rows are what the codec reads, or nothing; what becomes of them is what becomes of a report."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.e2.ap import IndicationType, RicIndication, RicRequestId
from contracts.e2.common.cells import Guami, NrCgi, plmn_identity
from contracts.e2.common.ue import UeIdGnb, UeIdGnbDu
from contracts.e2.identity import MCC, MNC, nr_cell_identity
from contracts.e2.kpm.codec import kpm
from contracts.e2.kpm.measurement import MeasurementLabel
from contracts.e2.kpm.report import IndicationHeader, Record, Report, UeReport, UeReports
from contracts.e2.kpm.subscription import MeasurementInfo
from contracts.e2.kpm.version import KpmVersion
from contracts.e2.measurements import OF_CELL
from contracts.e2.ntp import ntp_timestamp
from contracts.errors import RanwrightError
from xapps.sdk.kpm import CELLS_ACTION, UES_ACTION, ReportAssembler, RowAssembler, row_infos
from xapps.sdk.kpm_rows import RowReader

KPM = kpm(KpmVersion.V4_00)
PLMN = plmn_identity(MCC, MNC)
AMF = Guami(plmn_identity("001", "01"), amf_region=1, amf_set=1, amf_pointer=0)
GNB, PERIOD_MS = 5, 200

real = st.floats(allow_nan=False, width=64) | st.integers(-2000, 2000).map(lambda n: n / 10)
amount = st.one_of(
    st.integers(0, 2**32 - 1),
    st.floats(0, 1e9),
    st.sampled_from([0.0, -0.0, 5e-324, 1e-300, 2.0**60]),
)
rsrp = st.none() | st.integers(-156, -31).map(float) | st.floats(-156, -31) | st.integers(0, 9)


def message(ues, granularity_ms=PERIOD_MS):
    return KPM.indication_message.encode(
        UeReports(
            tuple(
                UeReport(UeIdGnb(i, AMF), Report((Record(tuple(v)),), None, granularity_ms))
                for i, v in ues
            )
        )
    )


def assert_same(rows, octets, cells):
    read = KPM.indication_message.decode(octets)
    assert len(rows) == len(read.ues)
    for row, ue in zip(rows, read.ues, strict=True):
        (record,) = ue.report.records
        volume, active, serving, sinr, *heard = record.values
        assert row[:5] == (ue.ue.amf_ue_ngap_id, int(serving), volume, active, sinr)
        known = {c: v for c, v in zip(cells, heard, strict=True) if v is not None}
        assert row.rsrp_dbm == known
        assert list(row.rsrp_dbm) == list(known)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), count=st.sampled_from([0, 1, 7, 8, 9, 26, 50]))
def test_what_the_codec_reads_or_nothing(data, count):
    cells = [10 * n + 3 for n in range(count)]
    row = st.tuples(amount, amount, st.integers(0, 300), real)
    heard = st.lists(rsrp, min_size=count, max_size=count)
    ue = st.tuples(st.integers(0, 2**40 - 1), st.builds(lambda a, b: [*a, *b], row, heard))
    octets = message(data.draw(st.lists(ue, min_size=1, max_size=4)))
    rows = RowReader(cells, PERIOD_MS).rows(octets)
    if rows is not None:
        assert_same(rows, octets, cells)


def plausible_ue(draw, count):
    heard = [float(-draw.randint(60, 120)) if draw.random() < 0.2 else None for _ in range(count)]
    return [draw.random() * 40, 200.0, draw.randint(1, count), draw.randint(-46, 80) / 2, *heard]


@pytest.mark.parametrize(("ues", "count"), [(1000, 50), (1, 1), (300, 100)])
def test_reports_as_nodes_make_them_are_read(ues, count):
    draw = random.Random(ues)
    cells, reader = range(1, count + 1), RowReader(range(1, count + 1), PERIOD_MS)
    for _ in range(2):
        octets = message([(i * 37, plausible_ue(draw, count)) for i in range(ues)])
        rows = reader.rows(octets)
        assert rows is not None
        assert_same(rows, octets, cells)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_damaged_octets_give_nothing_or_what_the_codec_reads(data):
    ue = [1.25, 200.0, 3, -4.5, -80.0, None, None, -91.0, None]
    octets = bytearray(message([(i, ue) for i in range(4)]))
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    whole = bytes(octets)
    if data.draw(st.booleans()):
        whole = whole[: data.draw(st.integers(0, len(whole)))]
    rows = RowReader(range(1, 6), PERIOD_MS).rows(whole)
    if rows is None:
        return
    try:
        assert_same(rows, whole, range(1, 6))
    except RanwrightError as error:
        raise AssertionError(f"the codec refuses what was read: {error}") from error


CELLS = (1, 2, 3)


def indications(ues):
    labels = tuple(MeasurementLabel(cell=NrCgi(PLMN, nr_cell_identity(GNB, c))) for c in CELLS)
    infos = tuple(MeasurementInfo(name, labels) for name in OF_CELL)
    values = (5000.0,) * 3 + (50.0,) * 3 + (2.0,) * 3 + (200.0,) * 3 + (7,) * 3
    of_cells = KPM.indication_message.encode(Report((Record(values),), infos, PERIOD_MS))
    header = KPM.indication_header.encode(IndicationHeader(ntp_timestamp(1_000_000_000)))
    for action, octets in ((CELLS_ACTION, of_cells), (UES_ACTION, ues)):
        yield RicIndication(RicRequestId(1, 1), 2, action, IndicationType.REPORT, header, octets, 0)


def assembled(assembler, ues):
    found = [assembler.add(i) for i in indications(ues)]
    assert found[0] is None
    return found[1]


@pytest.mark.parametrize("named", [False, True])
def test_an_assembled_report_is_the_contracts_whatever_its_form(named):
    rows = [[1.5, 200.0, 2, 3.5, None, -80.0, -90.0], [0.0, 0, 1, -0.0, -99.0, None, None]]
    octets = message(list(enumerate(rows)))
    if named:  # by a node that repeats what each value is
        infos = row_infos(GNB, CELLS)
        octets = KPM.indication_message.encode(
            UeReports(
                tuple(
                    UeReport(UeIdGnb(i, AMF), Report((Record(tuple(r)),), infos, PERIOD_MS))
                    for i, r in enumerate(rows)
                )
            )
        )
        assert RowReader(CELLS, PERIOD_MS).rows(octets) is None
    report = assembled(ReportAssembler(PERIOD_MS, row_infos(GNB, CELLS)), octets)
    found = assembled(RowAssembler(PERIOD_MS, GNB, CELLS), octets)
    assert (found.kpm_time_ms, found.period_ms) == (report.kpm_time_ms, report.period_ms)
    assert (found.resource_version, found.cells) == (report.resource_version, report.cells)
    assert [row._asdict() for row in found.ues] == [ue.model_dump() for ue in report.ues]


@pytest.mark.parametrize(
    "row",
    [
        [-1.5, 200.0, 2, 3.5, None, -80.0, None],
        [1.5, -1.0, 2, 3.5, None, -80.0, None],
        [None, 1.0, 2, 3.5, None, -80.0, None],
        [1.5, 200.0, None, 3.5, None, -80.0, None],
        [1.5, 200.0, math.inf, 3.5, None, -80.0, None],
    ],
)
def test_what_no_ue_can_report_is_refused_as_ever(row):
    octets = message([(1, row)])
    for assembler in (
        ReportAssembler(PERIOD_MS, row_infos(GNB, CELLS)),
        RowAssembler(PERIOD_MS, GNB, CELLS),
    ):
        with pytest.raises(RanwrightError) as caught:
            assembled(assembler, octets)
        assert caught.value.code == "kpm.incomplete"


def test_a_ue_of_another_kind_of_node_is_refused():
    report = Report((Record((1.5, 200.0, 2, 3.5, None, -80.0, None)),), None, PERIOD_MS)
    octets = KPM.indication_message.encode(UeReports((UeReport(UeIdGnbDu(1), report),)))
    for assembler in (
        ReportAssembler(PERIOD_MS, row_infos(GNB, CELLS)),
        RowAssembler(PERIOD_MS, GNB, CELLS),
    ):
        with pytest.raises(RanwrightError, match="a UE of a gNB") as caught:
            assembled(assembler, octets)
        assert caught.value.code == "kpm.incomplete"
