"""E2SM-KPM: versions, layouts that differ, and what is told when a peer uses another."""

from dataclasses import replace

import pytest

from contracts.e2.common.cells import (
    Guami,
    NrCgi,
    SNssai,
    SsbBeam,
    plmn_digits,
    plmn_identity,
)
from contracts.e2.common.ue import UeIdGnb, UeIdGnbDu
from contracts.e2.kpm.codec import codec_for, kpm, of_header
from contracts.e2.kpm.conditions import (
    Comparison,
    MatchingCondition,
    MatchingUeCondition,
    MeasurementCondition,
    TestType,
    UeTest,
)
from contracts.e2.kpm.measurement import NO_LABEL, MeasurementLabel
from contracts.e2.kpm.report import (
    NOT_SATISFIED,
    ConditionalReport,
    ConditionReport,
    IndicationHeader,
    Record,
    Report,
    UeReport,
    UeReports,
    indication_message,
)
from contracts.e2.kpm.subscription import (
    ActionDefinition,
    ConditionalMeasurements,
    EventTrigger,
    MatchingUeMeasurements,
    MeasurementInfo,
    Measurements,
    UeListMeasurements,
    UeMeasurements,
    action_definition,
)
from contracts.e2.kpm.version import KpmVersion, Layout, version_of
from contracts.e2.ntp import ntp_timestamp
from contracts.e2.per import encode
from contracts.errors import RanwrightError

CELL = NrCgi(plmn_identity("001", "01"), 0x19B1)
UE = UeIdGnb(7, Guami(CELL.plmn, 1, 2, 3), gnb_cu_ue_f1ap_ids=(1,))
INFO = (MeasurementInfo("DRB.UEThpDl", (NO_LABEL,)),)
SUBSCRIPTION = Measurements(INFO, 1000, CELL)
TEST = UeTest(TestType.CQI, Comparison.GREATER_THAN, 7)
STYLES = (
    ActionDefinition(1, SUBSCRIPTION),
    ActionDefinition(2, UeMeasurements(UE, SUBSCRIPTION)),
    ActionDefinition(
        3,
        ConditionalMeasurements(
            (MeasurementCondition("DRB.UEThpDl", (MatchingCondition(TEST),)),), 1000
        ),
    ),
    ActionDefinition(4, MatchingUeMeasurements((MatchingUeCondition(TEST),), SUBSCRIPTION)),
    ActionDefinition(5, UeListMeasurements((UE, UeIdGnbDu(3)), SUBSCRIPTION)),
)
FORMAT_3 = UeReports((UeReport(UE, Report((Record((1, 2.5, None)),), INFO, 1000)),))


def code(error: "pytest.ExceptionInfo[RanwrightError]") -> str:
    return error.value.code


@pytest.mark.parametrize(
    ("oid", "name", "version"),
    [
        ("1.3.6.1.4.1.53148.1.2.2.2", "ORAN-E2SM-KPM", KpmVersion.V2_03),
        ("1.3.6.1.4.1.53148.1.2.2.2", "ORAN-E2SM-KPM-v02.01", KpmVersion.V2_01),
        ("1.3.6.1.4.1.53148.1.2.2.2", "oran-e2sm-kpm-V03.00", KpmVersion.V3_00),
        ("1.3.6.1.4.1.53148.1.3.2.2", "", KpmVersion.V3_00),
        ("1.3.6.1.4.1.53148.1.4.2.2", "", KpmVersion.V4_00),
    ],
)
def test_the_version_is_what_the_node_announces(oid: str, name: str, version: KpmVersion) -> None:
    assert version_of(oid, name) is version
    assert codec_for(oid, name).version is version


@pytest.mark.parametrize("oid", ["", "1.3.6.1.4.1.53148.1.1.2.3"])
def test_another_service_model_is_refused(oid: str) -> None:
    with pytest.raises(RanwrightError) as refusal:
        codec_for(oid)
    assert code(refusal) == "e2.kpm.unknown_version"


@pytest.mark.parametrize("version", KpmVersion)
@pytest.mark.parametrize("definition", STYLES, ids=lambda d: f"style{d.style_type}")
def test_every_style_in_every_version(version: KpmVersion, definition: ActionDefinition) -> None:
    payload = kpm(version).action_definition
    assert payload.decode(payload.encode(definition)) == definition


def test_an_event_trigger_is_its_period() -> None:
    payload = kpm(KpmVersion.V3_00).event_trigger
    assert payload.encode(EventTrigger(1000)).hex() == "0803e7"
    with pytest.raises(RanwrightError) as refusal:
        payload.encode(EventTrigger(0))
    assert code(refusal) == "e2.unencodable"


def test_time_stamps_tell_versions_apart() -> None:
    stamp = ntp_timestamp(1_700_000_000 * 10**9)
    old = kpm(KpmVersion.V2_03).indication_header.encode(IndicationHeader(stamp[:4]))
    new = kpm(KpmVersion.V3_00).indication_header.encode(IndicationHeader(stamp, "1"))
    assert of_header(old).version is KpmVersion.V2_03
    assert of_header(new).version is KpmVersion.V4_00
    with pytest.raises(RanwrightError) as refusal:
        kpm(KpmVersion.V2_01).indication_header.decode(new)
    assert code(refusal) == "e2.other_layout"
    assert "time stamps of 8 octets" in refusal.value.message
    with pytest.raises(RanwrightError) as refusal:
        of_header(b"\x00")
    assert code(refusal) == "e2.kpm.unknown_version"
    with pytest.raises(RanwrightError) as refusal:
        kpm(KpmVersion.V3_00).indication_header.encode(IndicationHeader(stamp[:4]))
    assert code(refusal) == "e2.unencodable"


@pytest.mark.parametrize("version", [KpmVersion.V2_03, KpmVersion.V3_00])
def test_moved_extension_markers_are_named(version: KpmVersion) -> None:
    """FlexRIC builds these versions from ASN.1 text of its own."""
    moved = Layout(version, moved_markers=True)
    payloads = kpm(version)
    with pytest.raises(RanwrightError) as refusal:
        payloads.indication_message.decode(encode(indication_message(moved), FORMAT_3))
    assert code(refusal) == "e2.other_layout"
    assert "FlexRIC's modified ASN.1" in refusal.value.message
    for definition in STYLES:
        octets = encode(action_definition(moved), definition)
        with pytest.raises(RanwrightError) as refusal:
            payloads.action_definition.decode(octets)
        assert code(refusal) == "e2.other_layout"


def test_conditions_combined_by_or_are_not_lost_on_the_way_to_an_old_node() -> None:
    matching = (MatchingCondition(TEST, logical_or=True), MatchingCondition(NO_LABEL))
    report = ConditionalReport(
        (Record((5,)),), (ConditionReport("DRB.UEThpDl", matching, (UE,), ((UE,), None)),)
    )
    payload = kpm(KpmVersion.V2_03).indication_message
    assert payload.decode(payload.encode(report)) == report
    (condition,) = report.measurements
    early = replace(report, measurements=(replace(condition, ues_by_period=None),))
    with pytest.raises(RanwrightError) as refusal:
        kpm(KpmVersion.V2_01).indication_message.encode(early)
    assert code(refusal) == "e2.unencodable"
    assert "v02.03" in refusal.value.message


@pytest.mark.parametrize(
    "message",
    [
        Report((Record((NOT_SATISFIED,)),)),
        Report((Record((1,)),), (MeasurementInfo("a", (MeasurementLabel(cell=CELL),)),)),
        Report((Record((1,)),), (MeasurementInfo("a", (MeasurementLabel(beam=SsbBeam(3)),)),)),
    ],
)
def test_additions_of_v4_are_refused_before(message: Report) -> None:
    newest = kpm(KpmVersion.V4_00).indication_message
    assert newest.decode(newest.encode(message)) == message
    with pytest.raises(RanwrightError) as refusal:
        kpm(KpmVersion.V3_00).indication_message.encode(message)
    assert code(refusal) == "e2.unencodable"


def test_unknown_additions_are_skipped() -> None:
    label = MeasurementLabel(ssb_index=3, cell=CELL, no_label=True)
    message = Report((Record((1,)),), (MeasurementInfo("a", (label,)),))
    octets = kpm(KpmVersion.V4_00).indication_message.encode(message)
    old = kpm(KpmVersion.V2_01).indication_message.decode(octets)
    assert isinstance(old, Report)
    assert old.measurements == (MeasurementInfo("a", (NO_LABEL,)),)


@pytest.mark.parametrize(
    ("mcc", "mnc", "octets"), [("001", "01", "00f110"), ("310", "410", "130014")]
)
def test_networks_are_three_octets(mcc: str, mnc: str, octets: str) -> None:
    assert plmn_identity(mcc, mnc).hex() == octets
    assert plmn_digits(bytes.fromhex(octets)) == (mcc, mnc)


@pytest.mark.parametrize(("mcc", "mnc"), [("01", "01"), ("001", "1"), ("0x1", "01")])
def test_other_digits_are_no_network(mcc: str, mnc: str) -> None:
    with pytest.raises(ValueError, match="digits"):
        plmn_identity(mcc, mnc)


def test_slices_keep_their_octets() -> None:
    label = MeasurementLabel(plmn=CELL.plmn, slice=SNssai(1, b"\0\0\x0a"), five_qi=9)
    message = Report((Record((1,)),), (MeasurementInfo(7, (label,)),))
    payload = kpm(KpmVersion.V2_01).indication_message
    assert payload.decode(payload.encode(message)) == message
