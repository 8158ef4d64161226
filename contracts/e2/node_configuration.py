"""A node's identity and configuration as E2SM-CCC structures, and back.

The node reports :class:`Plant` at node level, and power and tilt of each cell; together they are
the :class:`~contracts.plant_link.NodeInfo` that a decision is made on. A control writes powers.
"""

import json
import re
from collections.abc import Sequence
from typing import TypeVar

from pydantic import ValidationError

from contracts.action import ParameterChange
from contracts.e2.ccc.control import ControlMessage, Write
from contracts.e2.ccc.extension import CommonBeamforming, Plant, SectorCarrier
from contracts.e2.ccc.identity import NrCgi
from contracts.e2.ccc.indication import ReportedCell, ReportedConfiguration
from contracts.e2.ccc.structures import Structure
from contracts.e2.identity import MCC, MNC, cell_id, gnb_id, nr_cell_identity
from contracts.errors import RanwrightError
from contracts.network import CellConfiguration
from contracts.plant_link import NodeInfo

_LIFE = re.compile(r"[0-9a-f]{8}")
_S = TypeVar("_S", bound=Structure)


def gnb_of(node_name: str) -> int:
    """The gNB identifier of a node, which stands for the life at the end of its name.

    Raises:
        RanwrightError: ``e2.bad_node_name``.
    """
    life = node_name.rpartition("-")[2]
    if not _LIFE.fullmatch(life):
        raise RanwrightError(
            "e2.bad_node_name",
            f"{node_name[:100]!r} does not end with a life of eight hexadecimal digits.",
            "Name the node as it reports itself.",
        )
    return gnb_id(life)


def cell_global_id(gnb: int, cell: int) -> NrCgi:
    """The global identity of a cell."""
    return NrCgi.of(MCC, MNC, nr_cell_identity(gnb, cell))


def node_structures(info: NodeInfo) -> tuple[Structure, ...]:
    """What the node reports of itself."""
    return (
        Plant(
            node_name=info.node_name,
            scenario=info.scenario,
            scenario_digest=info.scenario_digest,
            kpm_time_ms=info.kpm_time_ms,
            pace_factor=info.pace_factor,
            resource_version=info.resource_version,
        ),
    )


def cell_structures(cell: CellConfiguration, resource_version: int) -> tuple[Structure, ...]:
    """What the node reports of a cell."""
    return (
        SectorCarrier(
            configured_max_tx_power_mw=cell.configured_max_tx_power_mw,
            resource_version=resource_version,
        ),
        CommonBeamforming(digital_tilt_decidegrees=cell.digital_tilt_decidegrees),
    )


def node_info(node: Sequence[ReportedConfiguration], cells: Sequence[ReportedCell]) -> NodeInfo:
    """The node that two reports of one moment describe.

    Raises:
        RanwrightError: ``plant.incomplete_report``, or ``plant.mixed_versions`` when a control
            came between them.
    """
    plant = _only(node, Plant)
    try:
        info = NodeInfo(
            **{name: getattr(plant, name) for name in Plant.model_fields},
            cells=tuple(_cell(c, plant.resource_version) for c in cells),
        )
    except ValidationError as error:
        raise _incomplete(str(error)) from error
    return info


def powers_message(
    node: NodeInfo, expected_version: int, changes: Sequence[ParameterChange]
) -> ControlMessage:
    """The control that sets the powers of ``changes`` if the node is at the expected version."""
    present = {c.cell_id: c.configured_max_tx_power_mw for c in node.cells}
    gnb = gnb_of(node.node_name)
    return ControlMessage.for_cells(
        {
            cell_global_id(gnb, change.cell_id): (
                Write.of(
                    SectorCarrier(
                        configured_max_tx_power_mw=present.get(change.cell_id, change.from_mw),
                        resource_version=expected_version,
                    ),
                    SectorCarrier(
                        configured_max_tx_power_mw=change.to_mw, resource_version=expected_version
                    ),
                ),
            )
            for change in changes
        }
    )


def powers_octets(
    node: NodeInfo, expected_version: int, changes: Sequence[ParameterChange]
) -> bytes:
    """The octets of :func:`powers_message`, made without its objects: a move has little time."""
    present = {c.cell_id: c.configured_max_tx_power_mw for c in node.cells}
    gnb = gnb_of(node.node_name)
    cells = ",".join(
        _POWER_OF_CELL
        % (
            nr_cell_identity(gnb, change.cell_id),
            present.get(change.cell_id, change.from_mw),
            expected_version,
            change.to_mw,
            expected_version,
        )
        for change in changes
    )
    return f'{{"controlMessageFormat":{{"listOfCellsControlled":[{cells}]}}}}'.encode()


def _power_of_cell() -> str:
    """A controlled cell to be filled in: identity, old power, version, new power, version."""
    values = {"configuredMaxTxPower": "%d", "resourceVersion": "%d"}
    attributes = {"ranConfigurationStructure": values}
    cell = {
        "cellGlobalId": {
            "plmnIdentity": {"mcc": MCC, "mnc": MNC},
            "nRCellIdentity": "%09X",
        },
        "listOfConfigurationStructures": [
            {
                "ranConfigurationStructureName": SectorCarrier.structure_name,
                "oldValuesOfAttributes": attributes,
                "newValuesOfAttributes": attributes,
            }
        ],
    }
    return json.dumps(cell, separators=(",", ":")).replace('"%d"', "%d")


_POWER_OF_CELL = _power_of_cell()


def _cell(cell: ReportedCell, resource_version: int | None) -> CellConfiguration:
    carrier = _only(cell.structures, SectorCarrier)
    if carrier.resource_version != resource_version:
        raise RanwrightError(
            "plant.mixed_versions",
            f"The node reported version {resource_version}, a cell {carrier.resource_version}.",
            "Read back again.",
        )
    if not isinstance(cell.cell_global_id, NrCgi):
        raise _incomplete("a cell is no NR cell")
    return CellConfiguration.model_validate(
        {
            "cell_id": cell_id(cell.cell_global_id.cell_identity),
            "configured_max_tx_power_mw": carrier.configured_max_tx_power_mw,
            "digital_tilt_decidegrees": _only(
                cell.structures, CommonBeamforming
            ).digital_tilt_decidegrees,
        }
    )


def _only(reported: Sequence[ReportedConfiguration], kind: type[_S]) -> _S:
    found = [r.values for r in reported if isinstance(r.values, kind)]
    if len(found) != 1:
        raise _incomplete(f"{kind.structure_name} stands there {len(found)} times")
    return found[0]


def _incomplete(why: str) -> RanwrightError:
    return RanwrightError(
        "plant.incomplete_report",
        f"The node's configuration report is incomplete: {why}.",
        "Check that the node announces X-Plant, X-NRSectorCarrier and X-CommonBeamformingFunction.",
    )
