"""Columns are what the codec reads, or nothing."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.e2.common.cells import Guami, plmn_identity
from contracts.e2.common.ue import UeIdGnb
from contracts.e2.kpm.codec import kpm
from contracts.e2.kpm.measurement import NO_LABEL
from contracts.e2.kpm.report import Record, Report, UeReport, UeReports
from contracts.e2.kpm.subscription import MeasurementInfo
from contracts.e2.kpm.version import KpmVersion
from contracts.errors import RanwrightError
from xapps.power_control.columns import ue_columns

KPM = kpm(KpmVersion.V4_00)
AMF = Guami(plmn_identity("001", "01"), amf_region=1, amf_set=1, amf_pointer=0)

plain = st.one_of(
    st.none(),
    st.integers(0, 2**32 - 1),
    st.integers(-160, 400).map(float),
    st.integers(-100, 100).map(lambda n: n / 2),
)


def message(ues, granularity_ms=200, amf=AMF):
    return KPM.indication_message.encode(
        UeReports(
            tuple(
                UeReport(UeIdGnb(i, amf), Report((Record(tuple(v)),), None, granularity_ms))
                for i, v in ues
            )
        )
    )


def assert_same(columns, octets):
    read = KPM.indication_message.decode(octets)
    assert columns.ue_ids.tolist() == [u.ue.amf_ue_ngap_id for u in read.ues]
    for row, ue in zip(columns.values, read.ues, strict=True):
        for value, known in zip(row, ue.report.records[0].values, strict=True):
            assert math.isnan(value) if known is None else value == known


@settings(max_examples=80, deadline=None)
@given(data=st.data(), count=st.sampled_from([1, 2, 7, 52]))
def test_what_the_codec_reads(data, count):
    row = st.lists(plain, min_size=count, max_size=count)
    ues = data.draw(st.lists(st.tuples(st.integers(0, 2**40 - 1), row), min_size=1, max_size=4))
    octets = message(ues, data.draw(st.sampled_from([1, 200, 100_000])))
    columns = ue_columns(octets, count)
    assert columns is not None
    assert_same(columns, octets)


def test_a_report_of_a_thousand_ues_comes_in_fragments():
    rng = np.random.default_rng(1)
    ues = [
        (i, [7, 200.0, *[float(-v) if v > 90 else None for v in rng.integers(60, 140, 50)]])
        for i in range(1000)
    ]
    octets = message(ues)
    assert len(octets) > 1 << 16
    columns = ue_columns(octets, 52)
    assert columns is not None
    assert_same(columns, octets)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_damaged_octets_give_nothing_or_what_the_codec_reads(data):
    octets = bytearray(message([(i, [3, 200.0, -80.0, None, None, -91.0]) for i in range(4)]))
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    whole = bytes(octets)
    if data.draw(st.booleans()):
        whole = whole[: data.draw(st.integers(0, len(whole)))]
    columns = ue_columns(whole, 6)
    if columns is None:
        return
    try:
        assert_same(columns, whole)
    except RanwrightError as error:
        raise AssertionError(f"the codec refuses what was read: {error}") from error


def test_reports_of_another_form_are_left_to_the_codec():
    values = (3, 200.0, -80.0)
    named = Report((Record(values),), (MeasurementInfo("A", (NO_LABEL,) * 3),), 200)
    long = Report((Record((3, 200.0, -80.123456)),), None, 200)
    for report in (named, long):
        octets = KPM.indication_message.encode(UeReports((UeReport(UeIdGnb(5, AMF), report),)))
        assert ue_columns(octets, 3) is None
    cell = KPM.indication_message.encode(Report((Record(values),)))
    assert ue_columns(cell, 3) is None
    assert ue_columns(message([(5, values)]), 4) is None
    assert ue_columns(message([(5, values)], None), 3) is None
    assert ue_columns(b"", 3) is None
