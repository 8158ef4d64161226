"""`ranwright e2 decode`: trees for people, one document for machines, clear errors."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from agents.cli import e2
from contracts.e2.ap import IndicationType, RawIe, RicIndication, RicRequestId, encode_pdu
from contracts.e2.ap.version import Criticality
from contracts.e2.models import PayloadKind, ServiceModel
from contracts.errors import ExitCode, RanwrightError

SETUP_RESPONSE = (
    "20010046000004003100020000000400070005f51000001000090013010006400500000200020006400500000300"
    "010034001700000035001100018044756d6d79206d65737361676500"
)
INDICATION = encode_pdu(RicIndication(RicRequestId(1, 2), 2, 1, IndicationType.REPORT, b"H", b"M"))


def call(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(e2.app, ["decode", *arguments], input=stdin, catch_exceptions=False)


def test_one_document() -> None:
    done = call(SETUP_RESPONSE, "--json", "--version", "2")
    assert done.exit_code == 0
    document = json.loads(done.stdout)
    assert (document["procedure"], document["kind"]) == ("E2_SETUP", "SUCCESSFUL")
    message = document["message"]
    assert message["$"] == "E2SetupResponse"
    assert message["ric"] == {"$": "GlobalRicId", "plmn": "505/01", "ric_id": 1}
    assert [f["ran_function_id"] for f in message["accepted"]] == [2, 3]
    assert "not_understood" not in document


def test_a_tree_from_standard_input_with_spaces() -> None:
    spaced = " ".join(SETUP_RESPONSE[i : i + 2] for i in range(0, len(SETUP_RESPONSE), 2))
    done = call(stdin=spaced + "\n")
    assert done.exit_code == 0
    for part in ("E2_SETUP successful", "E2SetupResponse", "plmn 505/01", "accepted [2]"):
        assert part in done.stdout


def _model(name: str, oid: str = "1.2") -> ServiceModel:
    def message(octets: bytes) -> Any:
        if octets != b"M":
            raise RanwrightError("e2.malformed", "No.", "Ask.")
        return {"cells": [RicRequestId(3, 4)]}

    return ServiceModel(name, (oid,), {PayloadKind.INDICATION_MESSAGE: message})


def test_payloads_are_shown_by_the_first_model_that_takes_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(e2, "SERVICE_MODELS", (_model("A v1"), _model("A v2")))
    document = json.loads(call(INDICATION.hex(), "--json").stdout)
    assert document["message"]["header"] == "48"
    assert document["message"]["message"] == {
        "$": "A v1",
        "octets": "4d",
        "also": ["A v2"],
        "value": {"cells": [{"$": "RicRequestId", "requestor": 3, "instance": 4}]},
    }
    chosen = json.loads(call(INDICATION.hex(), "--json", "--model", "a v2").stdout)
    assert chosen["message"]["message"]["$"] == "A v2"
    assert "cells" in call(INDICATION.hex()).stdout


def test_what_was_not_understood_is_said() -> None:
    raw = RawIe(900, Criticality.REJECT, b"\x01", 3)
    message = RicIndication(
        RicRequestId(1, 2), 2, 1, IndicationType.REPORT, b"H", b"M", unknown=(raw,)
    )
    document = json.loads(call(encode_pdu(message).hex(), "--json").stdout)
    assert document["not_understood"] == [900]
    assert document["message"]["unknown"][0]["octets"] == "01"


@pytest.mark.parametrize("octets", ["xyz", "123", "-5", "", "  "])
def test_what_is_not_hexadecimal(octets: str) -> None:
    with pytest.raises(RanwrightError) as caught:
        call("--", octets)
    assert (caught.value.code, caught.value.exit_code) == ("e2.not_hex", ExitCode.USAGE)


def test_the_guide_says_what_is_so() -> None:
    guide = Path(__file__).parents[2] / "docs" / "guide" / "e2.md"
    text = guide.read_text(encoding="utf-8")
    exec(text.partition("```python")[2].partition("```")[0], {})
    shell = text.partition("$ ranwright e2 decode ")[2].partition("```")[0]
    octets, _, shown = shell.partition("\n")
    assert call(octets).stdout == shown


def test_what_is_no_pdu() -> None:
    with pytest.raises(RanwrightError) as caught:
        call("0102")
    assert caught.value.code == "e2.malformed"


def test_a_model_that_is_not_known() -> None:
    with pytest.raises(RanwrightError) as caught:
        call(SETUP_RESPONSE, "--model", "E2SM-NONE")
    assert (caught.value.code, caught.value.exit_code) == ("e2.unknown_model", ExitCode.USAGE)
