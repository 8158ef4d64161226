"""E2SM-CCC documents: published examples byte for byte, strictness, hostile input."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.e2.ccc import OIDS, is_ccc
from contracts.e2.ccc.control import ControlHeader, ControlMessage, ControlOutcome
from contracts.e2.ccc.document import MAX_OCTETS, Document
from contracts.e2.ccc.function import RanFunctionDefinition
from contracts.e2.ccc.indication import IndicationHeader, IndicationMessage
from contracts.e2.ccc.structures import NrCellDu, RrmPolicyRatio, UnknownStructure
from contracts.e2.ccc.subscription import (
    ActionDefinition,
    CellChange,
    CellReport,
    EventTrigger,
    NodeChange,
    Periodic,
)
from contracts.errors import RanwrightError

DOCUMENTS = (
    RanFunctionDefinition,
    EventTrigger,
    ActionDefinition,
    IndicationHeader,
    IndicationMessage,
    ControlHeader,
    ControlMessage,
    ControlOutcome,
)

CGI = {"plmnIdentity": {"mcc": "001", "mnc": "001"}, "nRCellIdentity": "00066C000"}


def policy(resource: str, maximum: int, minimum: int, dedicated: int) -> dict[str, Any]:
    """Values as in srsRAN_Project tests/unittests/e2/asn1_e2sm_ccc_test.cpp."""
    member = {"plmnId": {"mcc": "001", "mnc": "12"}, "snssai": {"sst": 3, "sd": "000017"}}
    return {
        "ranConfigurationStructure": {
            "resourceType": resource,
            "rRMPolicyMemberList": [member],
            "rRMPolicyMaxRatio": maximum,
            "rRMPolicyMinRatio": minimum,
            "rRMPolicyDedicatedRatio": dedicated,
        }
    }


def control(name: str) -> dict[str, Any]:
    write = {
        "ranConfigurationStructureName": name,
        "oldValuesOfAttributes": policy("PRB_DL", 75, 10, 52),
        "newValuesOfAttributes": policy("PRB_UL", 85, 20, 72),
    }
    cell = {"cellGlobalId": CGI, "listOfConfigurationStructures": [write]}
    return {"controlMessageFormat": {"listOfCellsControlled": [cell]}}


def indication(name: str) -> dict[str, Any]:
    entry = {
        "changeType": "modification",
        "ranConfigurationStructureName": name,
        "valuesOfAttributes": policy("PRB_DL", 75, 10, 52),
    }
    cell = {"cellGlobalId": CGI, "listOfConfigurationStructuresReported": [entry]}
    return {"indicationMessageFormat": {"listOfCellsReported": [cell]}}


def function_definition() -> dict[str, Any]:
    trigger = {
        "eventTriggerStyleType": 1,
        "eventTriggerStyleName": "node-event-trigger-style",
        "eventTriggerFormatType": 1,
    }
    report = {
        "reportServiceStyleType": 1,
        "reportServiceStyleName": "report-service-style-1",
        "listOfSupportedEventTriggerStylesForReportStyle": [{"eventTriggerStyleType": 1}],
        "reportServiceActionDefinitionFormatType": 1,
        "reportServiceIndicationHeaderFormatType": 1,
        "reportServiceIndicationMessageFormatType": 1,
    }
    control_style = {
        "controlServiceStyleType": 1,
        "controlServiceStyleName": "ctrl-service-style",
        "controlServiceHeaderFormatType": 1,
        "controlServiceMessageFormatType": 1,
        "ricCallProcessIDFormatType": 1,
        "controlServiceControlOutcomeFormatType": 1,
    }
    attribute = {
        "attributeName": "test-attribute",
        "supportedServices": {
            "eventTrigger": {"listOfSupportedEventTriggerStyles": [trigger]},
            "reportService": {"listOfSupportedReportStyles": [report]},
            "controlService": {"listOfSupportedControlStyles": [control_style]},
        },
    }
    structure = {
        "ranConfigurationStructureName": "cell-cfg-structure",
        "listOfSupportedAttributes": [attribute],
    }
    return {
        "ranFunctionName": {
            "ranFunctionShortName": "ORAN-E2SM-CCC",
            "ranFunctionServiceModelOID": "1.3.6.1.4.1.53148.1.6.2.4",
            "ranFunctionDescription": "CCC",
            "ranFunctionInstance": 0,
        },
        "listOfSupportedNodeLevelConfigurationStructures": [structure],
        "listOfCellsForRANFunctionDefinition": [
            {
                "cellGlobalID": CGI,
                "listOfSupportedCellLevelRANConfigurationStructures": [structure],
            }
        ],
    }


def outcome() -> dict[str, Any]:
    entry = {
        "ranConfigurationStructureName": "O-RRMPolicyRatio",
        "oldValuesOfAttributes": policy("PRB_DL", 75, 10, 52),
    }
    accepted = entry | {
        "currentValuesOfAttributes": policy("PRB_DL", 80, 10, 52),
        "appliedTimestamp": "ec2c83fdb48863be",
    }
    failed = entry | {
        "requestedValuesOfAttributes": policy("PRB_UL", 80, 10, 52),
        "cause": "IncompatibleState",
    }
    cell = {
        "cellGlobalId": CGI,
        "ranConfigurationStructuresAcceptedList": [accepted],
        "ranConfigurationStructuresFailedList": [failed],
    }
    return {
        "controlOutcomeFormat": {
            "receivedTimestamp": "ec2c83fdb48863be",
            "listOfCellsForControlOutcome": [cell],
        }
    }


def octets(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


PUBLISHED = [
    (RanFunctionDefinition, function_definition()),
    (ControlHeader, {"controlHeaderFormat": {"ricStyleType": 2}}),
    (ControlMessage, control("test_cfg_structure")),
    (ControlMessage, control("O-RRMPolicyRatio")),
    (
        IndicationHeader,
        {
            "indicationHeaderFormat": {
                "indicationReason": "periodic",
                "eventTime": "ec2c83fdb48863be",
            }
        },
    ),
    (IndicationMessage, indication("test_structure")),
    (IndicationMessage, indication("O-RRMPolicyRatio")),
    (ControlOutcome, outcome()),
]


@pytest.mark.parametrize(("kind", "value"), PUBLISHED)
def test_a_document_keeps_every_byte(kind: type[Document], value: Any) -> None:
    assert kind.decode(octets(value)).encode() == octets(value)


def test_the_name_gives_the_values_their_type() -> None:
    def values(name: str) -> Any:
        message = ControlMessage.decode(octets(control(name)))
        return message.format.cells[0].writes[0].new  # type: ignore[union-attr]

    assert isinstance(values("O-RRMPolicyRatio"), RrmPolicyRatio)
    assert values("o-rrmpolicyratio").max_ratio_percent == 85
    assert isinstance(values("test_cfg_structure"), UnknownStructure)
    assert values("test_cfg_structure").attributes()["rRMPolicyMaxRatio"] == 85


def test_both_spellings_of_an_attribute_are_read_and_the_schema_s_is_sent() -> None:
    table = NrCellDu.model_validate({"nRPCI": 7, "bWPList": [{"numberOfRBs": 51}]})
    schema = NrCellDu.model_validate({"nrPci": 7, "bwpList": [{"numberOfRBs": 51}]})
    assert table == schema
    assert schema.attributes() == {"nrPci": 7, "bwpList": [{"numberOfRBs": 51}]}
    message = octets(indication("O-NRCellDU")).replace(b'"resourceType"', b'"nrPci":1,"nRPCI"')
    with pytest.raises(RanwrightError, match="two spellings"):
        IndicationMessage.decode(message)


def test_unknown_attributes_are_kept() -> None:
    value = indication("O-RRMPolicyRatio")
    cells = value["indicationMessageFormat"]["listOfCellsReported"]
    entry = cells[0]["listOfConfigurationStructuresReported"][0]
    entry["valuesOfAttributes"]["ranConfigurationStructure"]["vendorAttribute"] = {"a": [1, None]}
    cells[0] |= {"vendorMember": "kept", "vendorNull": None}
    assert IndicationMessage.decode(octets(value)).encode() == octets(value)


def test_subscriptions_of_every_format() -> None:
    cell = {
        "cellGlobalId": CGI,
        "listOfRANConfigurationStructuresForEventTrigger": [
            {"ranConfigurationStructureName": "O-NRCellDU", "listOfAttributes": ["nrPci"]}
        ],
    }
    node = {"ranConfigurationStructureName": "O-GNBDUFunction"}
    formats: list[tuple[Any, Any]] = [
        ({"listOfNodeLevelConfigurationStructuresForEventTrigger": [node]}, NodeChange),
        ({"listOfCellLevelConfigurationStructuresForEventTrigger": [cell]}, CellChange),
        ({"period": 1000}, Periodic),
    ]
    for value, kind in formats:
        document = octets({"eventTriggerDefinitionFormat": value})
        trigger = EventTrigger.decode(document)
        assert isinstance(trigger.event, kind)
        assert trigger.encode() == document
    reported = {
        "reportType": "all",
        "ranConfigurationStructureName": "O-NRCellDU",
        "listOfAttributes": [{"attributeName": "arfcnDL"}],
    }
    report = {
        "listOfCellConfigurationsToBeReportedForADF": [
            {"listOfCellLevelRANConfigurationStructuresForADF": [reported]}
        ]
    }
    action = octets({"ricStyleType": 2, "actionDefinitionFormat": report})
    definition = ActionDefinition.decode(action)
    assert isinstance(definition.report, CellReport)
    assert definition.encode() == action


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[]", "valid dictionary"),
        (b"null", "valid dictionary"),
        (b"{}", "controlMessageFormat"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'{"a":NaN}', "NaN"),
        (b'{"a":1,"a":2}', "twice"),
        (b'{"a":"\\uD800"}', "not JSON"),
        (b'{"a":' + b"9" * 5000 + b"}", "not JSON"),
        (b" " * (MAX_OCTETS + 1), "octets"),
        (octets(control("x")).replace(b'"001"', b"1", 1), "mcc"),
        (octets(control("x")).replace(b"00066C000", b"66C000"), "nRCellIdentity"),
        (octets(control("O-RRMPolicyRatio")).replace(b"85", b'"85"'), "rRMPolicyMaxRatio"),
        (octets(control("O-RRMPolicyRatio")).replace(b"85", b"101"), "rRMPolicyMaxRatio"),
        (octets(control("O-RRMPolicyRatio")).replace(b"85", b"1e400"), "rRMPolicyMaxRatio"),
        (octets(control("x")).replace(b"newValuesOf", b"newestValuesOf"), "newValuesOf"),
    ],
)
def test_bad_documents_are_refused_by_name(document: bytes, reason: str) -> None:
    with pytest.raises(RanwrightError, match=reason) as refusal:
        ControlMessage.decode(document)
    assert refusal.value.code == "e2.ccc.malformed"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "controlMessageFormat",
                    "listOfCellsControlled",
                    "cellGlobalId",
                    "listOfConfigurationStructures",
                    "ranConfigurationStructureName",
                    "oldValuesOfAttributes",
                    "newValuesOfAttributes",
                    "ranConfigurationStructure",
                    "indicationMessageFormat",
                    "controlOutcomeFormat",
                    "listOfCellsForControlOutcome",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(DOCUMENTS), JSON | st.binary(max_size=64))
def test_any_input_gives_a_document_or_a_refusal(kind: type[Document], value: Any) -> None:
    document = value if isinstance(value, bytes) else json.dumps(value).encode()
    with suppress(RanwrightError):
        decoded = kind.decode(document)
        assert kind.decode(decoded.encode()) == decoded


def test_both_object_identifiers_are_known() -> None:
    assert all(is_ccc(oid) for oid in OIDS)
    assert not is_ccc("1.3.6.1.4.1.53148.1.1.2.3")
