"""What a RIC subscribes to: event trigger (9.2.1.1) and action definition (9.2.1.2)."""

from typing import Annotated, Literal

from pydantic import Field

from contracts.e2.ccc.document import CccModel, Document, Items
from contracts.e2.ccc.identity import CellGlobalId


class WatchedStructure(CccModel):
    """A structure whose change is an event; without attributes, a change of any."""

    ran_configuration_structure_name: str
    list_of_attributes: Items[str] | None = None


class WatchedCell(CccModel):
    """Structures watched in one cell; without an identity, in every cell of the node."""

    cell_global_id: CellGlobalId | None = None
    structures: Annotated[
        Items[WatchedStructure], Field(alias="listOfRANConfigurationStructuresForEventTrigger")
    ]


class NodeChange(CccModel):
    """Format 1: a node-level structure changes."""

    structures: Annotated[
        Items[WatchedStructure],
        Field(alias="listOfNodeLevelConfigurationStructuresForEventTrigger", min_length=1),
    ]


class CellChange(CccModel):
    """Format 2: a cell-level structure changes."""

    cells: Annotated[
        Items[WatchedCell],
        Field(alias="listOfCellLevelConfigurationStructuresForEventTrigger", min_length=1),
    ]


class Periodic(CccModel):
    """Format 3: a time has passed."""

    period_ms: Annotated[int, Field(alias="period", ge=1)]


class EventTrigger(Document):
    """When the node reports."""

    event: Annotated[
        NodeChange | CellChange | Periodic, Field(alias="eventTriggerDefinitionFormat")
    ]


class AttributeName(CccModel):
    """An attribute of a structure by name."""

    attribute_name: str


class ReportedStructure(CccModel):
    """A structure to report, always or when changed; without attributes, with all of them."""

    report_type: Literal["all", "change"]
    ran_configuration_structure_name: str
    list_of_attributes: Items[AttributeName] | None = None


class ReportedCell(CccModel):
    """Structures to report of one cell; without an identity, of every cell of the node."""

    cell_global_id: CellGlobalId | None = None
    structures: Annotated[
        Items[ReportedStructure], Field(alias="listOfCellLevelRANConfigurationStructuresForADF")
    ] = ()


class NodeReport(CccModel):
    """Format 1: node-level structures."""

    structures: Annotated[
        Items[ReportedStructure],
        Field(alias="listOfNodeLevelRANConfigurationStructuresForADF", min_length=1),
    ]


class CellReport(CccModel):
    """Format 2: cell-level structures."""

    cells: Annotated[
        Items[ReportedCell],
        Field(alias="listOfCellConfigurationsToBeReportedForADF", min_length=1),
    ]


class ActionDefinition(Document):
    """What the node reports: style 1 with format 1, style 2 with format 2."""

    ric_style_type: int
    report: Annotated[NodeReport | CellReport, Field(alias="actionDefinitionFormat")]
