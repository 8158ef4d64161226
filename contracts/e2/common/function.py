"""Names and styles of RAN functions (E2SM clause 6.2.2)."""

from dataclasses import dataclass

from contracts.e2.per import field, integer, optional, printable_string, sequence

NAME = printable_string(1, 150, extensible=True)
"""RIC style names, RAN parameter names and the like."""

STYLE_TYPE = integer()
FORMAT_TYPE = integer()


@dataclass(frozen=True, slots=True)
class RanFunctionName:
    """What a RAN function calls itself.

    Attributes:
        short_name: e.g. ``ORAN-E2SM-KPM``.
        oid: object identifier of the service model in dotted form.
        description: free text.
        instance: number of the instance, where a node has several.
    """

    short_name: str
    oid: str
    description: str
    instance: int | None = None


RAN_FUNCTION_NAME = sequence(
    RanFunctionName,
    field("short_name", NAME),
    field("oid", printable_string(1, 1000, extensible=True)),
    field("description", NAME),
    optional("instance", integer()),
    additions=(),
)


@dataclass(frozen=True, slots=True)
class EventTriggerStyle:
    """A style of event trigger and the format that it uses."""

    style_type: int
    name: str
    format_type: int


EVENT_TRIGGER_STYLE = sequence(
    EventTriggerStyle,
    field("style_type", STYLE_TYPE),
    field("name", NAME),
    field("format_type", FORMAT_TYPE),
    additions=(),
)
