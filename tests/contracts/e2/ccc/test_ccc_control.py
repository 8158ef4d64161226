"""Writes of E2SM-CCC: power and slices, what may be written, results, and their time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.e2.ccc.catalogue import CELL_LEVEL, NODE_LEVEL, structure_type
from contracts.e2.ccc.control import (
    CELL_STYLE,
    Accepted,
    CellOutcome,
    CellResults,
    ControlHeader,
    ControlMessage,
    ControlOutcome,
    Failed,
    NodeOutcome,
    Write,
)
from contracts.e2.ccc.extension import CommonBeamforming, SectorCarrier
from contracts.e2.ccc.function import (
    RanFunctionDefinition,
    RanFunctionName,
    SupportedCell,
    SupportedStructure,
    cell_attribute,
)
from contracts.e2.ccc.identity import NrCgi
from contracts.e2.ccc.indication import (
    CellConfigurations,
    IndicationMessage,
    ReportedCell,
    ReportedConfiguration,
)
from contracts.e2.ccc.structures import NrCellDu, RrmPolicyRatio, Structure
from contracts.e2.ntp import ntp_timestamp, unix_time_ns
from contracts.errors import RanwrightError

CELL = NrCgi.of("001", "01", 0x19B0)


def power(power_mw: int) -> SectorCarrier:
    return SectorCarrier(configured_max_tx_power_mw=power_mw)


def test_power_of_a_cell_travels_in_milliwatts() -> None:
    message = ControlMessage.for_cells({CELL: [Write.of(power(40_000), power(20_000))]})
    wire = message.encode()
    assert b'"ranConfigurationStructureName":"X-NRSectorCarrier"' in wire
    assert b'{"configuredMaxTxPower":20000}' in wire
    received = ControlMessage.decode(wire)
    assert received == message
    write = received.format.cells[0].writes[0]  # type: ignore[union-attr]
    assert (write.old, write.new) == (power(40_000), power(20_000))
    assert write.old.changes(write.new) == {"configuredMaxTxPower": 20_000}
    assert write.read_only() == ()
    assert ControlHeader.of(CELL_STYLE).encode() == b'{"controlHeaderFormat":{"ricStyleType":2}}'


def test_a_write_to_a_read_only_attribute_is_seen() -> None:
    assert Write.of(NrCellDu(nr_pci=1), NrCellDu(nr_pci=2)).read_only() == ("nrPci",)
    tilt = CommonBeamforming(digital_tilt_decidegrees=30)
    assert Write.of(tilt, CommonBeamforming(digital_tilt_decidegrees=60)).read_only() == ()
    ratios = RrmPolicyRatio(resource_type="PRB_DL", max_ratio_percent=50)
    moved = RrmPolicyRatio(resource_type="PRB_UL", max_ratio_percent=60)
    assert Write.of(ratios, moved).read_only() == ("resourceType",)


def test_results_say_what_holds_now_and_why_not() -> None:
    write = Write.of(power(1), power(2))
    done = Accepted.of(write, power(2), ntp_timestamp(0).hex())
    refused = Failed.of(write, "IncompatibleState")
    results = CellResults(cell_global_id=CELL, accepted=(done,), failed=(refused,))
    outcome = ControlOutcome(format=CellOutcome(cells=(results,)))
    decoded = ControlOutcome.decode(outcome.encode())
    assert decoded == outcome
    node = ControlOutcome(format=NodeOutcome(accepted=(done,)))
    assert ControlOutcome.decode(node.encode()) == node
    assert isinstance(ControlOutcome.decode(node.encode()).format, NodeOutcome)


def test_a_report_of_a_modified_structure_carries_both_values() -> None:
    entry = ReportedConfiguration.of(power(2), power(1))
    cell = ReportedCell(cell_global_id=CELL, structures=(entry,))
    message = IndicationMessage(format=CellConfigurations(cells=(cell,)))
    decoded = IndicationMessage.decode(message.encode())
    assert decoded == message
    assert entry.change_type == "modification"
    assert ReportedConfiguration.of(power(2)).change_type == "none"


def test_a_node_announces_what_it_serves() -> None:
    attribute = cell_attribute("configuredMaxTxPower", writable=True)
    structure = SupportedStructure(
        ran_configuration_structure_name=SectorCarrier.structure_name,
        list_of_supported_attributes=(attribute, cell_attribute("arfcnDL", writable=False)),
    )
    cell = SupportedCell(cell_global_id=CELL, list_of_supported_cell_level_structures=(structure,))
    definition = RanFunctionDefinition(ran_function_name=RanFunctionName(), list_of_cells=(cell,))
    assert RanFunctionDefinition.decode(definition.encode()) == definition
    assert attribute.supported_services.control_service is not None


def test_cells_have_36_bits() -> None:
    assert NrCgi.of("001", "01", 2**36 - 1).cell_identity == 2**36 - 1
    with pytest.raises(ValueError, match="36 bits"):
        NrCgi.of("001", "01", 2**36)


@pytest.mark.parametrize("kind", [*NODE_LEVEL, *CELL_LEVEL])
def test_writable_attributes_exist(kind: type[Structure]) -> None:
    names = {field.alias for field in kind.model_fields.values()}
    assert kind.writable <= names
    assert structure_type(kind.structure_name.upper()) is kind


@given(st.integers(min_value=0, max_value=4_102_444_800 * 10**9))
def test_time_stamps_keep_nanoseconds(moment_ns: int) -> None:
    stamp = ntp_timestamp(moment_ns)
    assert len(stamp) == 8
    assert unix_time_ns(stamp) == moment_ns
    assert unix_time_ns(stamp[:4]) == moment_ns // 10**9 * 10**9


def test_time_stamps_of_the_standard() -> None:
    assert ntp_timestamp(0).hex() == "83aa7e8000000000"
    assert unix_time_ns(bytes.fromhex("ec2c83fdb48863be")) // 10**9 == 0xEC2C83FD - 2_208_988_800
    with pytest.raises(RanwrightError, match="4 octets"):
        unix_time_ns(b"12345")
