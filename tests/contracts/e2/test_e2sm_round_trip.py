"""KPM, RC and LLC: what is encoded is decoded again, in every version, and only in its own."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.e2.kpm import function as kf
from contracts.e2.kpm import report as kr
from contracts.e2.kpm import subscription as ks
from contracts.e2.kpm.codec import kpm
from contracts.e2.kpm.version import KpmVersion
from contracts.e2.llc import control as lc
from contracts.e2.llc import function as lf
from contracts.e2.llc import indication as li
from contracts.e2.llc import outcome as lo
from contracts.e2.llc import subscription as ls
from contracts.e2.llc.codec import LLC
from contracts.e2.payload import Payload
from contracts.e2.rc import action as ra
from contracts.e2.rc import control as rct
from contracts.e2.rc import function as rf
from contracts.e2.rc import indication as ri
from contracts.e2.rc import outcome as ro
from contracts.e2.rc import trigger as rt
from contracts.e2.rc.codec import rc
from contracts.e2.rc.version import RcVersion
from contracts.errors import RanwrightError
from tests.contracts.e2.e2sm_values import KPM_WITHOUT, RC_WITHOUT, of

few = settings(max_examples=20)

KPM_PARTS: dict[str, Any] = {
    "ran_function": kf.RanFunction,
    "event_trigger": ks.EventTrigger,
    "action_definition": ks.ActionDefinition,
    "indication_message": kr.IndicationMessage,
}
RC_PARTS: dict[str, Any] = {
    "ran_function": rf.RanFunction,
    "event_trigger": rt.EventTrigger,
    "action_definition": ra.ActionDefinition,
    "indication_header": ri.IndicationHeader,
    "indication_message": ri.IndicationMessage,
    "call_process_id": rct.CallProcessId,
    "control_header": rct.ControlHeader,
    "control_message": rct.ControlMessage,
    "control_outcome": ro.ControlOutcome,
}
LLC_PARTS: dict[str, Any] = {
    "ran_function": lf.RanFunction,
    "event_trigger": ls.EventTrigger,
    "action_definition": ls.ActionDefinition,
    "indication_header": li.IndicationHeader,
    "indication_message": li.IndicationMessage,
    "control_header": lc.ControlHeader,
    "control_message": lc.ControlMessage,
    "control_outcome": lo.ControlOutcome,
}


def kpm_value(version: KpmVersion, part: str) -> st.SearchStrategy[Any]:
    return of(KPM_PARTS[part], KPM_WITHOUT[version])


def kpm_header(version: KpmVersion) -> st.SearchStrategy[kr.IndicationHeader]:
    size = 4 if version < KpmVersion.V3_00 else 8
    text = st.none() | st.text("AZaz09-.", max_size=40)
    return st.builds(
        kr.IndicationHeader, st.binary(min_size=size, max_size=size), text, text, text, text
    )


def rc_value(version: RcVersion, part: str) -> st.SearchStrategy[Any]:
    return of(RC_PARTS[part], RC_WITHOUT[version])


def round_trip(payload: Payload[Any], value: Any) -> None:
    octets = payload.encode(value)
    assert payload.decode(octets) == value
    assert payload.encode(payload.decode(octets)) == octets


@pytest.mark.parametrize("part", KPM_PARTS)
@pytest.mark.parametrize("version", KpmVersion)
@few
@given(st.data())
def test_kpm_messages_come_back(version: KpmVersion, part: str, data: st.DataObject) -> None:
    round_trip(getattr(kpm(version), part), data.draw(kpm_value(version, part)))


@pytest.mark.parametrize("version", KpmVersion)
@few
@given(st.data())
def test_kpm_headers_come_back(version: KpmVersion, data: st.DataObject) -> None:
    round_trip(kpm(version).indication_header, data.draw(kpm_header(version)))


@pytest.mark.parametrize("part", RC_PARTS)
@pytest.mark.parametrize("version", RcVersion)
@few
@given(st.data())
def test_rc_messages_come_back(version: RcVersion, part: str, data: st.DataObject) -> None:
    round_trip(getattr(rc(version), part), data.draw(rc_value(version, part)))


@pytest.mark.parametrize("part", LLC_PARTS)
@few
@given(st.data())
def test_llc_messages_come_back(part: str, data: st.DataObject) -> None:
    round_trip(getattr(LLC, part), data.draw(of(LLC_PARTS[part])))


@pytest.mark.parametrize("part", KPM_PARTS)
@few
@given(st.data())
def test_newer_kpm_reads_what_v3_writes(part: str, data: st.DataObject) -> None:
    value = data.draw(kpm_value(KpmVersion.V3_00, part))
    octets = getattr(kpm(KpmVersion.V3_00), part).encode(value)
    assert getattr(kpm(KpmVersion.V4_00), part).decode(octets) == value


@given(of(kr.IndicationMessage))
def test_what_a_version_does_not_have_is_refused_or_the_same(message: Any) -> None:
    """An older codec never writes octets that mean something else."""
    old, new = kpm(KpmVersion.V3_00), kpm(KpmVersion.V4_00)
    try:
        octets = old.indication_message.encode(message)
    except RanwrightError as error:
        code = error.code
    else:
        code = ""
        decoded = new.indication_message.decode(octets)
        assert decoded == old.indication_message.decode(octets)
        assert decoded == message
    assert code in ("", "e2.unencodable")
