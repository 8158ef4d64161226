"""What a RIC writes and what became of it: control header, message, outcome (9.2.1.6 to 9.2.1.8).

A write names the instance it means by its old values: the node compares them with the present ones
and answers IncompatibleState when they differ. So a control is a comparison and an assignment: sent
twice, it takes effect once.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field

from contracts.e2.ccc.catalogue import StructureEntry, Values
from contracts.e2.ccc.document import CccModel, Document, Items
from contracts.e2.ccc.identity import CellGlobalId
from contracts.e2.ccc.structures import Structure

Cause = Literal[
    "NotSupported",
    "NotAvailable",
    "IncompatibleState",
    "JsonError",
    "SemanticError",
    "Unspecified",
]
"""Why a write failed (9.3.11)."""

NODE_STYLE = 1
"""Control style of node-level structures (7.6.2)."""

CELL_STYLE = 2
"""Control style of cell-level structures (7.6.3)."""


class HeaderFormat1(CccModel):
    """The control style: :data:`NODE_STYLE` or :data:`CELL_STYLE`."""

    ric_style_type: int


class ControlHeader(Document):
    """Header of a control request."""

    format: Annotated[HeaderFormat1, Field(alias="controlHeaderFormat")]

    @classmethod
    def of(cls, style: int) -> "ControlHeader":
        """The header of a control style."""
        return cls(format=HeaderFormat1(ric_style_type=style))


class Write(StructureEntry):
    """New values for the instance of a structure that has the old values."""

    ran_configuration_structure_name: str
    old_values_of_attributes: Values
    new_values_of_attributes: Values

    @classmethod
    def of(cls, old: Structure, new: Structure) -> "Write":
        """The write that turns one instance into another of the same structure."""
        return cls(
            ran_configuration_structure_name=new.structure_name,
            old_values_of_attributes=Values(ran_configuration_structure=old),
            new_values_of_attributes=Values(ran_configuration_structure=new),
        )

    @property
    def old(self) -> Structure:
        """The values that the instance must have."""
        return self.old_values_of_attributes.ran_configuration_structure

    @property
    def new(self) -> Structure:
        """The values that it is to have."""
        return self.new_values_of_attributes.ran_configuration_structure

    def read_only(self) -> tuple[str, ...]:
        """Attributes that would change and may not (column "Is Writable" of 8.8)."""
        return tuple(sorted(self.old.changes(self.new).keys() - self.new.writable))


class ControlledCell(CccModel):
    """Writes to the structures of one cell."""

    cell_global_id: CellGlobalId
    writes: Annotated[Items[Write], Field(alias="listOfConfigurationStructures", min_length=1)]


class NodeControl(CccModel):
    """Format 1: node-level structures."""

    writes: Annotated[Items[Write], Field(alias="listOfConfigurationStructures", min_length=1)]


class CellControl(CccModel):
    """Format 2: cell-level structures."""

    cells: Annotated[Items[ControlledCell], Field(alias="listOfCellsControlled", min_length=1)]


class ControlMessage(Document):
    """Writes to the node or to cells."""

    format: Annotated[NodeControl | CellControl, Field(alias="controlMessageFormat")]

    @classmethod
    def for_cells(cls, writes: Mapping[CellGlobalId, Iterable[Write]]) -> "ControlMessage":
        """Writes by cell."""
        cells = tuple(
            ControlledCell(cell_global_id=cell, writes=tuple(those))
            for cell, those in writes.items()
        )
        return cls(format=CellControl(cells=cells))

    @classmethod
    def for_node(cls, writes: Iterable[Write]) -> "ControlMessage":
        """Writes to structures of the node."""
        return cls(format=NodeControl(writes=tuple(writes)))


class Accepted(StructureEntry):
    """A write that took effect, with the values that hold now."""

    ran_configuration_structure_name: str
    old_values_of_attributes: Values
    current_values_of_attributes: Values
    applied_timestamp: str | None = None

    @classmethod
    def of(cls, write: Write, current: Structure, applied: str | None = None) -> "Accepted":
        """A write, the values after it, and when (time stamp in hexadecimal digits)."""
        return cls(
            ran_configuration_structure_name=write.ran_configuration_structure_name,
            old_values_of_attributes=write.old_values_of_attributes,
            current_values_of_attributes=Values(ran_configuration_structure=current),
            applied_timestamp=applied,
        )

    @property
    def current(self) -> Structure:
        """The values that hold now."""
        return self.current_values_of_attributes.ran_configuration_structure


class Failed(StructureEntry):
    """A write that did not take effect, and why."""

    ran_configuration_structure_name: str
    old_values_of_attributes: Values
    requested_values_of_attributes: Values
    cause: Cause

    @classmethod
    def of(cls, write: Write, cause: Cause) -> "Failed":
        """A write and the cause of its failure."""
        return cls(
            ran_configuration_structure_name=write.ran_configuration_structure_name,
            old_values_of_attributes=write.old_values_of_attributes,
            requested_values_of_attributes=write.new_values_of_attributes,
            cause=cause,
        )


AcceptedList = Annotated[
    Items[Accepted] | None, Field(alias="ranConfigurationStructuresAcceptedList")
]
FailedList = Annotated[Items[Failed] | None, Field(alias="ranConfigurationStructuresFailedList")]


class CellResults(CccModel):
    """Accepted and failed writes of one cell."""

    cell_global_id: CellGlobalId
    accepted: AcceptedList = None
    failed: FailedList = None


class CellOutcome(CccModel):
    """Format 2: results by cell."""

    received_timestamp: str | None = None
    cells: Annotated[Items[CellResults], Field(alias="listOfCellsForControlOutcome")]


class NodeOutcome(CccModel):
    """Format 1: results of node-level structures."""

    received_timestamp: str | None = None
    accepted: AcceptedList = None
    failed: FailedList = None


class ControlOutcome(Document):
    """What became of the writes; in the acknowledgement and in the failure of a control."""

    format: Annotated[
        CellOutcome | NodeOutcome, Field(alias="controlOutcomeFormat", union_mode="left_to_right")
    ]
