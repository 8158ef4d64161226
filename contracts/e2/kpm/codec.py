"""The octet strings of E2SM-KPM in one version."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from contracts.e2.kpm.function import RanFunction, ran_function
from contracts.e2.kpm.report import (
    IndicationHeader,
    IndicationMessage,
    indication_header,
    indication_message,
)
from contracts.e2.kpm.subscription import (
    EVENT_TRIGGER,
    ActionDefinition,
    EventTrigger,
    action_definition,
)
from contracts.e2.kpm.version import KpmVersion, Layout, version_of
from contracts.e2.payload import Payload
from contracts.e2.per import Codec
from contracts.errors import RanwrightError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kpm:
    """Every payload of E2SM-KPM in one version."""

    version: KpmVersion
    ran_function: Payload[RanFunction]
    event_trigger: Payload[EventTrigger]
    action_definition: Payload[ActionDefinition]
    indication_header: Payload[IndicationHeader]
    indication_message: Payload[IndicationMessage]


@cache
def kpm(version: KpmVersion) -> Kpm:
    """The payloads of a version."""
    return Kpm(
        version=version,
        ran_function=_payload(version, "RAN function description", ran_function),
        event_trigger=_payload(version, "event trigger", lambda _: EVENT_TRIGGER),
        action_definition=_payload(version, "action definition", action_definition),
        indication_header=_payload(version, "indication header", indication_header),
        indication_message=_payload(version, "indication message", indication_message),
    )


def codec_for(oid: str, short_name: str = "") -> Kpm:
    """The payloads of the version that a RAN function announces.

    Args:
        oid: object identifier of the service model in dotted form.
        short_name: of the RAN function.

    Raises:
        RanwrightError: ``e2.kpm.unknown_version``, as :func:`version_of`.
    """
    return kpm(version_of(oid, short_name))


def of_header(header: bytes) -> Kpm:
    """The payloads of the version that an indication header was written by.

    Time stamps of 4 octets mean v02.03 (and before, whose messages of formats 1 and 3 are alike),
    those of 8 mean v04.00 (and v03.00, which v04.00 reads). Nodes announce one object identifier
    for all of them, so the first indication is what tells.

    Raises:
        RanwrightError: ``e2.kpm.unknown_version``, no version reads it.
    """
    for version in (KpmVersion.V4_00, KpmVersion.V2_03):
        payloads = kpm(version)
        try:
            payloads.indication_header.decode(header)
        except RanwrightError:
            continue
        return payloads
    raise RanwrightError(
        "e2.kpm.unknown_version",
        f"No version of E2SM-KPM reads the indication header {header[:32].hex()}.",
        "Check which service model the RAN function of the subscription has.",
    )


def _payload(version: KpmVersion, name: str, codec: Callable[[Layout], Codec[T]]) -> Payload[T]:
    layout = Layout(version)
    suspects: list[tuple[str, Codec[T]]] = []
    if version in (KpmVersion.V2_03, KpmVersion.V3_00):
        moved = codec(Layout(version, moved_markers=True))
        suspects.append(
            ("FlexRIC's modified ASN.1, which moves extension markers behind additions", moved)
        )
    for other in (KpmVersion.V2_03, KpmVersion.V3_00):
        if name == "indication header" and (other < KpmVersion.V3_00) != (
            version < KpmVersion.V3_00
        ):
            octets = 4 if other < KpmVersion.V3_00 else 8
            suspects.append(
                (f"{other.label}, time stamps of {octets} octets", codec(Layout(other)))
            )
            break
    return Payload(f"E2SM-KPM {version.label} {name}", codec(layout), tuple(suspects))
