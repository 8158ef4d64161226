"""The RAN function definition: which structures and attributes a node serves (9.2.2.1)."""

from typing import Annotated, Any

from pydantic import Field

from contracts.e2.ccc import OIDS, RAN_FUNCTION_SHORT_NAME
from contracts.e2.ccc.document import CccModel, Document, Items
from contracts.e2.ccc.identity import CellGlobalId


class RanFunctionName(CccModel):
    """Name, object identifier and description of the service model in a node."""

    ran_function_short_name: str = RAN_FUNCTION_SHORT_NAME
    ran_function_service_model_oid: Annotated[str, Field(alias="ranFunctionServiceModelOID")] = (
        OIDS[0]
    )
    ran_function_description: str = "Cell configuration and control"
    ran_function_instance: int | None = None


class EventTriggerStyle(CccModel):
    """An event trigger style: 1 on change (formats 1 and 2), 2 periodic (format 3)."""

    event_trigger_style_type: int
    event_trigger_style_name: str
    event_trigger_format_type: int


class EventTriggers(CccModel):
    """Event trigger styles of an attribute (9.2.2.2.1)."""

    list_of_supported_event_trigger_styles: Items[EventTriggerStyle]


class EventTriggerStyleType(CccModel):
    """An event trigger style by number."""

    event_trigger_style_type: int


class ReportStyle(CccModel):
    """A report style: 1 node-level, 2 cell-level, and the formats it uses."""

    report_service_style_type: int
    report_service_style_name: str
    list_of_supported_event_trigger_styles_for_report_style: Items[EventTriggerStyleType]
    report_service_action_definition_format_type: int
    report_service_indication_header_format_type: int
    report_service_indication_message_format_type: int


class ReportService(CccModel):
    """Report styles of an attribute (9.2.2.2.2)."""

    list_of_supported_report_styles: Items[ReportStyle]


class ControlStyle(CccModel):
    """A control style: 1 node-level, 2 cell-level, and the formats it uses."""

    control_service_style_type: int
    control_service_style_name: str
    control_service_header_format_type: int
    control_service_message_format_type: int
    ric_call_process_id_format_type: Annotated[
        int | None, Field(alias="ricCallProcessIDFormatType")
    ] = None
    control_service_control_outcome_format_type: int


class ControlService(CccModel):
    """Control styles of an attribute (9.2.2.2.4)."""

    list_of_supported_control_styles: Items[ControlStyle]


class SupportedServices(CccModel):
    """What may be done with an attribute (9.2.2.2); queries are kept as they are."""

    event_trigger: EventTriggers | None = None
    report_service: ReportService | None = None
    insert_service: dict[str, Any] | None = None
    control_service: ControlService | None = None
    policy_service: dict[str, Any] | None = None
    query_service: dict[str, Any] | None = None


class SupportedAttribute(CccModel):
    """An attribute that a node serves, and how."""

    attribute_name: str
    supported_services: SupportedServices


class SupportedStructure(CccModel):
    """A structure that a node or a cell serves."""

    ran_configuration_structure_name: str
    list_of_supported_attributes: Items[SupportedAttribute] | None = None


class SupportedCell(CccModel):
    """A cell and the structures that it serves."""

    cell_global_id: Annotated[CellGlobalId, Field(alias="cellGlobalID")]
    list_of_supported_cell_level_structures: Annotated[
        Items[SupportedStructure] | None,
        Field(alias="listOfSupportedCellLevelRANConfigurationStructures"),
    ] = None


class RanFunctionDefinition(Document):
    """What a node announces at E2 setup (9.2.2.1)."""

    ran_function_name: RanFunctionName
    list_of_supported_node_level_configuration_structures: Items[SupportedStructure] | None = None
    list_of_cells: Annotated[
        Items[SupportedCell] | None, Field(alias="listOfCellsForRANFunctionDefinition")
    ] = None


def cell_attribute(name: str, *, writable: bool) -> SupportedAttribute:
    """An attribute that every style of this model reports per cell, and controls if writable."""
    triggers = (
        EventTriggerStyle(
            event_trigger_style_type=1,
            event_trigger_style_name="E2 Node Configuration Change",
            event_trigger_format_type=2,
        ),
        EventTriggerStyle(
            event_trigger_style_type=2,
            event_trigger_style_name="Periodic",
            event_trigger_format_type=3,
        ),
    )
    report = ReportStyle(
        report_service_style_type=2,
        report_service_style_name="Cell-Level Configuration",
        list_of_supported_event_trigger_styles_for_report_style=(
            EventTriggerStyleType(event_trigger_style_type=1),
            EventTriggerStyleType(event_trigger_style_type=2),
        ),
        report_service_action_definition_format_type=2,
        report_service_indication_header_format_type=1,
        report_service_indication_message_format_type=2,
    )
    control = ControlStyle(
        control_service_style_type=2,
        control_service_style_name="Cell Configuration and Control",
        control_service_header_format_type=1,
        control_service_message_format_type=2,
        control_service_control_outcome_format_type=2,
    )
    return SupportedAttribute(
        attribute_name=name,
        supported_services=SupportedServices(
            event_trigger=EventTriggers(list_of_supported_event_trigger_styles=triggers),
            report_service=ReportService(list_of_supported_report_styles=(report,)),
            control_service=ControlService(list_of_supported_control_styles=(control,))
            if writable
            else None,
        ),
    )
