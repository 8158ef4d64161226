"""Octets from other makers' code, byte for byte, and the reasons where they are not."""

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.e2.ccc import OIDS as CCC_OIDS
from contracts.e2.common.cells import NrCgi, SNssai, plmn_identity
from contracts.e2.known import SERVICE_MODELS
from contracts.e2.kpm.codec import kpm, of_header
from contracts.e2.kpm.report import Report
from contracts.e2.kpm.version import KpmVersion
from contracts.e2.llc.codec import LLC
from contracts.e2.models import PayloadKind, decode_payload
from contracts.e2.rc.actions import SliceQuota, read_handover, read_slice_prb_quota
from contracts.e2.rc.codec import rc
from contracts.e2.rc.control import UeControl
from contracts.e2.rc.version import RcVersion
from contracts.errors import RanwrightError

KINDS = {"ran_function": "RAN_FUNCTION_DEFINITION"}
ROWS = json.loads((Path(__file__).parent / "vectors" / "e2sm.json").read_text("utf-8"))
"""Each row names its source: repository, commit, file and line, or the capture."""

UNREADABLE = {
    ("kpm", "ran_function", 346): "v02.00, which has a list of nodes and cells more",
    ("rc", "ran_function", 613): "a draft before v01.00, no INTEGER where style types are",
    ("kpm", "indication_message", 79): "a test value of a kind that v02.01 does not have",
}
"""Rows that no version reads, by size, and why."""

UNNORMALISED = 8
"""Rows whose REAL values have an even mantissa, which X.690 11.3.1 forbids in canonical forms."""


def read(row: dict[str, str]) -> list[tuple[Any, bytes]]:
    """The values that versions read, with what they write for them."""
    octets = bytes.fromhex(row["hex"])
    models: list[Any] = [kpm(v) for v in KpmVersion] if row["model"] == "kpm" else []
    models += [rc(v) for v in RcVersion] if row["model"] == "rc" else []
    models += [LLC] if row["model"] == "llc" else []
    found = []
    for model in models:
        payload = getattr(model, row["part"])
        try:
            value = payload.decode(octets)
        except RanwrightError:
            continue
        found.append((value, payload.encode(value)))
    return found


def size(row: dict[str, str]) -> int:
    return len(row["hex"]) // 2


def key(row: dict[str, str]) -> tuple[str, str, int]:
    return row["model"], row["part"], size(row)


def test_every_row_is_read_but_those_with_a_reason() -> None:
    unread = {key(row) for row in ROWS if not read(row)}
    assert unread == set(UNREADABLE)


def test_every_row_comes_back_byte_for_byte_but_unnormalised_reals() -> None:
    other = []
    for row in ROWS:
        octets = bytes.fromhex(row["hex"])
        if read(row) and all(written != octets for _, written in read(row)):
            other.append(row)
    assert {row["part"] for row in other} == {"indication_message"}
    assert len(other) == UNNORMALISED


def test_an_unnormalised_real_keeps_its_value() -> None:
    for row in ROWS:
        for value, written in read(row):
            again = [other for other, _ in read({**row, "hex": written.hex()})]
            assert value in again


def test_a_report_of_a_foreign_node_in_full() -> None:
    row = next(r for r in ROWS if key(r) == ("kpm", "indication_message", 56))
    report = kpm(KpmVersion.V2_01).indication_message.decode(bytes.fromhex(row["hex"]))
    assert isinstance(report, Report)
    assert [len(record.values) for record in report.records] == [4, 4, 4]
    assert report.records[0].values == (152.0, 56.0, 1351797369, 1504569917)
    assert report.records[1].values[2:] == (None, None)
    assert all(record.incomplete for record in report.records)
    assert report.granularity_period_ms == 243268140


def test_the_header_tells_the_version() -> None:
    headers = {r["hex"] for r in ROWS if r["part"] == "indication_header" and size(r) == 24}
    assert headers
    for header in headers:
        payloads = of_header(bytes.fromhex(header))
        assert payloads.version is KpmVersion.V2_03
        decoded = payloads.indication_header.decode(bytes.fromhex(header))
        assert (decoded.sender_name, decoded.vendor_name) == ("My OAI-CU", "OAI")
        with pytest.raises(RanwrightError) as refusal:
            kpm(KpmVersion.V3_00).indication_header.decode(bytes.fromhex(header))
        assert refusal.value.code == "e2.other_layout"
        assert "time stamps of 4 octets" in refusal.value.message


def test_controls_of_foreign_xapps_are_understood() -> None:
    model = rc(RcVersion.V5_00)
    messages = {
        size(r): model.control_message.decode(bytes.fromhex(r["hex"]))
        for r in ROWS
        if (r["model"], r["part"]) == ("rc", "control_message")
    }
    assert read_slice_prb_quota(messages[69]) == (
        SliceQuota(plmn_identity("001", "01"), SNssai(1, bytes(3)), 5, 25, 100),
    )
    assert read_slice_prb_quota(messages[79]) == (
        SliceQuota(b"\x21\xf3\x54", SNssai(22, b"\0\0\x21"), 10, 30, 100),
    )
    assert read_handover(messages[32]) == NrCgi(plmn_identity("001", "01"), 6577)
    headers = [r for r in ROWS if (r["model"], r["part"]) == ("rc", "control_header")]
    decoded = [model.control_header.decode(bytes.fromhex(r["hex"])) for r in headers]
    assert all(isinstance(one, UeControl) for one in decoded)
    assert {(one.style_type, one.action) for one in decoded} == {(2, 6), (3, 1)}


def test_payloads_are_told_by_kind_and_by_object_identifier() -> None:
    for row in ROWS:
        kind = PayloadKind[KINDS.get(row["part"], row["part"].upper())]
        told = decode_payload(kind, bytes.fromhex(row["hex"]), SERVICE_MODELS)
        if told is not None and read(row):
            models = {told.model, *told.others}
            assert any(one.startswith(f"E2SM-{row['model'].upper()}") for one in models)
    oids = {oid for model in SERVICE_MODELS for oid in model.oids}
    assert {"1.3.6.1.4.1.53148.1.2.2.2", "1.3.6.1.4.1.53148.1.1.2.3", *CCC_OIDS} <= oids
