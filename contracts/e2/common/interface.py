"""Interfaces between nodes and the messages on them (E2SM clause 6.2.2)."""

from dataclasses import dataclass
from enum import Enum

from contracts.e2.common.cells import GUAMI, GUMMEI, Guami, Gummei
from contracts.e2.common.nodes import (
    GLOBAL_EN_GNB_ID,
    GLOBAL_ENB_ID,
    GLOBAL_GNB_ID,
    GLOBAL_NG_ENB_ID,
    GLOBAL_NG_RAN_NODE_ID,
    GlobalEnbId,
    GlobalEnGnbId,
    GlobalGnbId,
    GlobalNgEnbId,
    GlobalNgRanNodeId,
)
from contracts.e2.common.shapes import boxed
from contracts.e2.per import Codec, choice, enumerated, field, integer, sequence, wrapped

_UNIT = integer(0, (1 << 36) - 1)


class InterfaceType(Enum):
    """An interface between nodes."""

    NG = "nG"
    XN = "xN"
    F1 = "f1"
    E1 = "e1"
    S1 = "s1"
    X2 = "x2"
    W1 = "w1"


INTERFACE_TYPE = enumerated(InterfaceType, root=7)


@dataclass(frozen=True, slots=True)
class NgInterface:
    """NG, by the AMF."""

    value: Guami


@dataclass(frozen=True, slots=True)
class XnInterface:
    """Xn, by the other node."""

    value: GlobalNgRanNodeId


@dataclass(frozen=True, slots=True)
class F1Interface:
    """F1, by gNB and DU."""

    gnb: GlobalGnbId
    gnb_du_id: int


@dataclass(frozen=True, slots=True)
class E1Interface:
    """E1, by gNB and CU-UP."""

    gnb: GlobalGnbId
    gnb_cu_up_id: int


@dataclass(frozen=True, slots=True)
class S1Interface:
    """S1, by the MME."""

    value: Gummei


@dataclass(frozen=True, slots=True)
class X2Interface:
    """X2, by the other node."""

    value: GlobalEnbId | GlobalEnGnbId


@dataclass(frozen=True, slots=True)
class W1Interface:
    """W1, by ng-eNB and DU."""

    ng_enb: GlobalNgEnbId
    ng_enb_du_id: int


Interface = (
    NgInterface | XnInterface | F1Interface | E1Interface | S1Interface | X2Interface | W1Interface
)

_X2_NODE: Codec[GlobalEnbId | GlobalEnGnbId] = choice(
    "X2 node", (GlobalEnbId, GLOBAL_ENB_ID), (GlobalEnGnbId, GLOBAL_EN_GNB_ID), additions=()
)
INTERFACE: Codec[Interface] = choice(
    "InterfaceIdentifier",
    (NgInterface, wrapped(NgInterface, boxed(GUAMI))),
    (XnInterface, wrapped(XnInterface, boxed(GLOBAL_NG_RAN_NODE_ID))),
    (
        F1Interface,
        sequence(F1Interface, field("gnb", GLOBAL_GNB_ID), field("gnb_du_id", _UNIT), additions=()),
    ),
    (
        E1Interface,
        sequence(
            E1Interface, field("gnb", GLOBAL_GNB_ID), field("gnb_cu_up_id", _UNIT), additions=()
        ),
    ),
    (S1Interface, wrapped(S1Interface, boxed(GUMMEI))),
    (X2Interface, wrapped(X2Interface, boxed(_X2_NODE))),
    (
        W1Interface,
        sequence(
            W1Interface,
            field("ng_enb", GLOBAL_NG_ENB_ID),
            field("ng_enb_du_id", _UNIT),
            additions=(),
        ),
    ),
    additions=(),
)


class MessageKind(Enum):
    """Kind of a message of a procedure."""

    INITIATING = "initiatingMessage"
    SUCCESSFUL = "successfulOutcome"
    UNSUCCESSFUL = "unsuccessfulOutcome"


@dataclass(frozen=True, slots=True)
class InterfaceMessage:
    """A message on an interface: its procedure and kind."""

    procedure: int
    kind: MessageKind


INTERFACE_MESSAGE = sequence(
    InterfaceMessage,
    field("procedure", integer()),
    field("kind", enumerated(MessageKind, root=3)),
    additions=(),
)


class LteRrcClass(Enum):
    """Class of an RRC message of TS 36.331."""

    BCCH_BCH = "bCCH-BCH"
    BCCH_BCH_MBMS = "bCCH-BCH-MBMS"
    BCCH_DL_SCH = "bCCH-DL-SCH"
    BCCH_DL_SCH_BR = "bCCH-DL-SCH-BR"
    BCCH_DL_SCH_MBMS = "bCCH-DL-SCH-MBMS"
    MCCH = "mCCH"
    PCCH = "pCCH"
    DL_CCCH = "dL-CCCH"
    DL_DCCH = "dL-DCCH"
    UL_CCCH = "uL-CCCH"
    UL_DCCH = "uL-DCCH"
    SC_MCCH = "sC-MCCH"


class NrRrcClass(Enum):
    """Class of an RRC message of TS 38.331."""

    BCCH_BCH = "bCCH-BCH"
    BCCH_DL_SCH = "bCCH-DL-SCH"
    DL_CCCH = "dL-CCCH"
    DL_DCCH = "dL-DCCH"
    PCCH = "pCCH"
    UL_CCCH = "uL-CCCH"
    UL_CCCH1 = "uL-CCCH1"
    UL_DCCH = "uL-DCCH"


@dataclass(frozen=True, slots=True)
class RrcMessage:
    """An RRC message: its class and number."""

    rrc_class: LteRrcClass | NrRrcClass
    number: int


_RRC_CLASS: Codec[LteRrcClass | NrRrcClass] = choice(
    "RRC class",
    (LteRrcClass, enumerated(LteRrcClass, root=12)),
    (NrRrcClass, enumerated(NrRrcClass, root=8)),
    additions=(),
)
RRC_MESSAGE = sequence(
    RrcMessage, field("rrc_class", _RRC_CLASS), field("number", integer()), additions=()
)
