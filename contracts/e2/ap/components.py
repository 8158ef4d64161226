"""Components of an E2 node and their configuration (E2AP 9.2.25 to 9.2.29)."""

from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

from contracts.e2.ap.causes import Cause, cause_codec
from contracts.e2.ap.container import REJECT, list_of
from contracts.e2.ap.identifiers import (
    EN_GNB,
    ENB,
    GNB,
    NG_ENB,
    GlobalEnbId,
    GlobalEnGnbId,
    GlobalGnbId,
    GlobalNgEnbId,
)
from contracts.e2.ap.version import E2apVersion
from contracts.e2.per import (
    Codec,
    choice,
    enumerated,
    field,
    integer,
    octet_string,
    optional,
    printable_string,
    sequence,
)


class InterfaceType(IntEnum):
    """The interface a component ends."""

    NG = 0
    XN = 1
    E1 = 2
    F1 = 3
    W1 = 4
    S1 = 5
    X2 = 6


class UpdateOutcome(IntEnum):
    """Whether the RIC took a component's configuration."""

    SUCCESS = 0
    FAILURE = 1


@dataclass(frozen=True, slots=True)
class NgComponent:
    """NG, by the AMF's name."""

    amf_name: str


@dataclass(frozen=True, slots=True)
class XnComponent:
    """Xn, by the neighbour."""

    node: GlobalGnbId | GlobalNgEnbId


@dataclass(frozen=True, slots=True)
class E1Component:
    """E1, by the CU-UP."""

    cu_up_id: int


@dataclass(frozen=True, slots=True)
class F1Component:
    """F1, by the DU."""

    du_id: int


@dataclass(frozen=True, slots=True)
class W1Component:
    """W1, by the ng-eNB-DU."""

    du_id: int


@dataclass(frozen=True, slots=True)
class S1Component:
    """S1, by the MME's name."""

    mme_name: str


@dataclass(frozen=True, slots=True)
class X2Component:
    """X2, by the neighbour."""

    enb: GlobalEnbId | None = None
    en_gnb: GlobalEnGnbId | None = None


ComponentId: TypeAlias = (
    NgComponent | XnComponent | E1Component | F1Component | W1Component | S1Component | X2Component
)


@dataclass(frozen=True, slots=True)
class ComponentConfiguration:
    """The interface's setup request and response, as octets of that protocol."""

    request: bytes
    response: bytes


@dataclass(frozen=True, slots=True)
class Component:
    """A component and its configuration."""

    interface: InterfaceType
    id: ComponentId
    configuration: ComponentConfiguration


@dataclass(frozen=True, slots=True)
class ComponentRemoval:
    """A component that is gone."""

    interface: InterfaceType
    id: ComponentId


@dataclass(frozen=True, slots=True)
class ConfigurationAck:
    """What the RIC says to a configuration."""

    outcome: UpdateOutcome
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class ComponentAck:
    """A component and what the RIC says to it."""

    interface: InterfaceType
    id: ComponentId
    ack: ConfigurationAck


_NAME = printable_string(1, 150, extensible=True)
_UNIT_ID = integer(0, 2**36 - 1)
_XN: Codec[GlobalGnbId | GlobalNgEnbId] = choice(
    "GlobalNG-RANNode-ID", (GlobalGnbId, GNB), (GlobalNgEnbId, NG_ENB), additions=()
)
_COMPONENT_ID: Codec[ComponentId] = choice(
    "E2nodeComponentID",
    (NgComponent, sequence(NgComponent, field("amf_name", _NAME), additions=())),
    (XnComponent, sequence(XnComponent, field("node", _XN), additions=())),
    (E1Component, sequence(E1Component, field("cu_up_id", _UNIT_ID), additions=())),
    (F1Component, sequence(F1Component, field("du_id", _UNIT_ID), additions=())),
    (W1Component, sequence(W1Component, field("du_id", _UNIT_ID), additions=())),
    (S1Component, sequence(S1Component, field("mme_name", _NAME), additions=())),
    (
        X2Component,
        sequence(X2Component, optional("enb", ENB), optional("en_gnb", EN_GNB), additions=()),
    ),
    additions=(),
)
_HEAD = (
    field("interface", enumerated(InterfaceType, root=7)),
    field("id", _COMPONENT_ID),
)
_COMPONENT = sequence(
    Component,
    *_HEAD,
    field(
        "configuration",
        sequence(
            ComponentConfiguration,
            field("request", octet_string()),
            field("response", octet_string()),
            additions=(),
        ),
    ),
    additions=(),
)
_REMOVAL = sequence(ComponentRemoval, *_HEAD, additions=())
_MOST = 1024


def component_list(id_: int) -> Codec[tuple[Component, ...]]:
    """1 to 1024 components."""
    return list_of(id_, REJECT, _COMPONENT, 1, _MOST)


def removal_list(id_: int) -> Codec[tuple[ComponentRemoval, ...]]:
    """1 to 1024 components that are gone."""
    return list_of(id_, REJECT, _REMOVAL, 1, _MOST)


def ack_list(id_: int, version: E2apVersion) -> Codec[tuple[ComponentAck, ...]]:
    """1 to 1024 answers."""
    ack = sequence(
        ConfigurationAck,
        field("outcome", enumerated(UpdateOutcome, root=2)),
        optional("cause", cause_codec(version)),
        additions=(),
    )
    item = sequence(ComponentAck, *_HEAD, field("ack", ack), additions=())
    return list_of(id_, REJECT, item, 1, _MOST)
