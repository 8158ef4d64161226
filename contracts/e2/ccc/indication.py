"""What a node reports: indication header (9.2.1.3) and message (9.2.1.4)."""

from typing import Annotated, Literal

from pydantic import Field

from contracts.e2.ccc.catalogue import StructureEntry, Values
from contracts.e2.ccc.document import CccModel, Document, Items
from contracts.e2.ccc.identity import CellGlobalId
from contracts.e2.ccc.structures import Structure


class HeaderFormat1(CccModel):
    """Why and when; the time is :func:`contracts.e2.ntp.ntp_timestamp` in hexadecimal digits."""

    indication_reason: Literal["uponSubscription", "uponChange", "periodic"]
    event_time: str


class IndicationHeader(Document):
    """Header of an indication."""

    format: Annotated[HeaderFormat1, Field(alias="indicationHeaderFormat")]


class ReportedConfiguration(StructureEntry):
    """Values of a structure's instance, and the old ones if it was modified."""

    change_type: Literal["none", "modification", "addition", "deletion"]
    ran_configuration_structure_name: str
    values_of_attributes: Values
    old_values_of_attributes: Values | None = None

    @classmethod
    def of(cls, values: Structure, old: Structure | None = None) -> "ReportedConfiguration":
        """The report of a structure, as modified if an old value is given."""
        return cls(
            change_type="none" if old is None else "modification",
            ran_configuration_structure_name=values.structure_name,
            values_of_attributes=Values(ran_configuration_structure=values),
            old_values_of_attributes=None
            if old is None
            else Values(ran_configuration_structure=old),
        )

    @property
    def values(self) -> Structure:
        """The reported values."""
        return self.values_of_attributes.ran_configuration_structure


class ReportedCell(CccModel):
    """Structures of one cell."""

    cell_global_id: CellGlobalId
    structures: Annotated[
        Items[ReportedConfiguration], Field(alias="listOfConfigurationStructuresReported")
    ]


class NodeConfiguration(CccModel):
    """Format 1: node-level structures."""

    structures: Annotated[
        Items[ReportedConfiguration], Field(alias="listOfConfigurationStructuresReported")
    ]


class CellConfigurations(CccModel):
    """Format 2: cell-level structures."""

    cells: Annotated[Items[ReportedCell], Field(alias="listOfCellsReported")]


class IndicationMessage(Document):
    """Reported structures of the node or of cells."""

    format: Annotated[
        NodeConfiguration | CellConfigurations, Field(alias="indicationMessageFormat")
    ]
