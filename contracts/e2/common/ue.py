"""Who a UE is: identities by the interfaces of each kind of node (E2SM clause 6.2.2.6)."""

from dataclasses import dataclass

from contracts.e2.common.cells import CGI, GUAMI, GUMMEI, Cgi, Guami, Gummei
from contracts.e2.common.nodes import (
    GLOBAL_ENB_ID,
    GLOBAL_GNB_ID,
    GLOBAL_NG_ENB_ID,
    GLOBAL_NG_RAN_NODE_ID,
    GlobalEnbId,
    GlobalGnbId,
    GlobalNgEnbId,
    GlobalNgRanNodeId,
)
from contracts.e2.common.shapes import boxed
from contracts.e2.per import (
    Codec,
    choice,
    field,
    integer,
    octet_string,
    optional,
    remembered,
    sequence,
    sequence_of,
)

_AMF_UE_NGAP = integer(0, (1 << 40) - 1)
_GUAMI = remembered(GUAMI)  # most UEs of a node are at one AMF
_FOUR_OCTETS = integer(0, (1 << 32) - 1)
_X2AP = integer(0, 4095)
_X2AP_EXTENSION = integer(0, 4095, extensible=True)
_RAN_UE = octet_string(8, 8)
_F1AP_LIST = sequence_of(boxed(_FOUR_OCTETS), 1, 4)
_E1AP_LIST = sequence_of(boxed(_FOUR_OCTETS), 1, 65_535)


@dataclass(frozen=True, slots=True)
class CellRnti:
    """A UE by its C-RNTI in a cell."""

    c_rnti: int
    cell: Cgi


CELL_RNTI = sequence(
    CellRnti, field("c_rnti", integer(0, 65_535)), field("cell", CGI), additions=()
)
_CELL_RNTI = optional("cell_rnti", CELL_RNTI)


@dataclass(frozen=True, slots=True)
class UeIdGnb:
    """A UE in a gNB or its CU-CP: its identity at the AMF, and those inside the node.

    Attributes:
        amf_ue_ngap_id: identity at the AMF, 40 bits.
        guami: that AMF.
        gnb_cu_ue_f1ap_ids: on F1, where CU and DU are apart.
        gnb_cu_cp_ue_e1ap_ids: on E1, where CU-CP and CU-UP are apart.
        ran_ue_id: identity in the RAN, 8 octets.
        m_ng_ran_ue_xnap_id: at the master node, with dual connectivity.
        global_gnb_id: replaced by ``global_ng_ran_node_id``.
        global_ng_ran_node_id: the master node, told by the secondary one.
        cell_rnti: from E2SM v05.00.
    """

    amf_ue_ngap_id: int
    guami: Guami
    gnb_cu_ue_f1ap_ids: tuple[int, ...] | None = None
    gnb_cu_cp_ue_e1ap_ids: tuple[int, ...] | None = None
    ran_ue_id: bytes | None = None
    m_ng_ran_ue_xnap_id: int | None = None
    global_gnb_id: GlobalGnbId | None = None
    global_ng_ran_node_id: GlobalNgRanNodeId | None = None
    cell_rnti: CellRnti | None = None


@dataclass(frozen=True, slots=True)
class UeIdGnbDu:
    """A UE in a gNB-DU: its identity on F1."""

    gnb_cu_ue_f1ap_id: int
    ran_ue_id: bytes | None = None
    cell_rnti: CellRnti | None = None


@dataclass(frozen=True, slots=True)
class UeIdGnbCuUp:
    """A UE in a gNB-CU-UP: its identity on E1."""

    gnb_cu_cp_ue_e1ap_id: int
    ran_ue_id: bytes | None = None


@dataclass(frozen=True, slots=True)
class UeIdNgEnb:
    """A UE in an ng-eNB; see :class:`UeIdGnb`."""

    amf_ue_ngap_id: int
    guami: Guami
    ng_enb_cu_ue_w1ap_id: int | None = None
    m_ng_ran_ue_xnap_id: int | None = None
    global_ng_enb_id: GlobalNgEnbId | None = None
    global_ng_ran_node_id: GlobalNgRanNodeId | None = None
    cell_rnti: CellRnti | None = None


@dataclass(frozen=True, slots=True)
class UeIdNgEnbDu:
    """A UE in an ng-eNB-DU: its identity on W1."""

    ng_enb_cu_ue_w1ap_id: int
    cell_rnti: CellRnti | None = None


@dataclass(frozen=True, slots=True)
class UeIdEnGnb:
    """A UE in an en-gNB: its identity on X2 at the master eNB."""

    m_enb_ue_x2ap_id: int
    global_enb_id: GlobalEnbId
    m_enb_ue_x2ap_id_extension: int | None = None
    gnb_cu_ue_f1ap_id: int | None = None
    gnb_cu_cp_ue_e1ap_ids: tuple[int, ...] | None = None
    ran_ue_id: bytes | None = None
    cell_rnti: CellRnti | None = None


@dataclass(frozen=True, slots=True)
class UeIdEnb:
    """A UE in an eNB: its identity at the MME."""

    mme_ue_s1ap_id: int
    gummei: Gummei
    m_enb_ue_x2ap_id: int | None = None
    m_enb_ue_x2ap_id_extension: int | None = None
    global_enb_id: GlobalEnbId | None = None
    cell_rnti: CellRnti | None = None


UeId = UeIdGnb | UeIdGnbDu | UeIdGnbCuUp | UeIdNgEnb | UeIdNgEnbDu | UeIdEnGnb | UeIdEnb

_MOST_UES = 1 << 13
"""UEs whose octets are kept: every report names them again."""

_GNB = sequence(
    UeIdGnb,
    field("amf_ue_ngap_id", _AMF_UE_NGAP),
    field("guami", _GUAMI),
    optional("gnb_cu_ue_f1ap_ids", _F1AP_LIST),
    optional("gnb_cu_cp_ue_e1ap_ids", _E1AP_LIST),
    optional("ran_ue_id", _RAN_UE),
    optional("m_ng_ran_ue_xnap_id", _FOUR_OCTETS),
    optional("global_gnb_id", GLOBAL_GNB_ID),
    additions=(optional("global_ng_ran_node_id", GLOBAL_NG_RAN_NODE_ID), _CELL_RNTI),
)
_GNB_DU = sequence(
    UeIdGnbDu,
    field("gnb_cu_ue_f1ap_id", _FOUR_OCTETS),
    optional("ran_ue_id", _RAN_UE),
    additions=(_CELL_RNTI,),
)
_GNB_CU_UP = sequence(
    UeIdGnbCuUp,
    field("gnb_cu_cp_ue_e1ap_id", _FOUR_OCTETS),
    optional("ran_ue_id", _RAN_UE),
    additions=(),
)
_NG_ENB = sequence(
    UeIdNgEnb,
    field("amf_ue_ngap_id", _AMF_UE_NGAP),
    field("guami", _GUAMI),
    optional("ng_enb_cu_ue_w1ap_id", _FOUR_OCTETS),
    optional("m_ng_ran_ue_xnap_id", _FOUR_OCTETS),
    optional("global_ng_enb_id", GLOBAL_NG_ENB_ID),
    additions=(optional("global_ng_ran_node_id", GLOBAL_NG_RAN_NODE_ID), _CELL_RNTI),
)
_NG_ENB_DU = sequence(
    UeIdNgEnbDu, field("ng_enb_cu_ue_w1ap_id", _FOUR_OCTETS), additions=(_CELL_RNTI,)
)
_EN_GNB = sequence(
    UeIdEnGnb,
    field("m_enb_ue_x2ap_id", _X2AP),
    optional("m_enb_ue_x2ap_id_extension", _X2AP_EXTENSION),
    field("global_enb_id", GLOBAL_ENB_ID),
    optional("gnb_cu_ue_f1ap_id", _FOUR_OCTETS),
    optional("gnb_cu_cp_ue_e1ap_ids", _E1AP_LIST),
    optional("ran_ue_id", _RAN_UE),
    additions=(_CELL_RNTI,),
)
_ENB = sequence(
    UeIdEnb,
    field("mme_ue_s1ap_id", _FOUR_OCTETS),
    field("gummei", GUMMEI),
    optional("m_enb_ue_x2ap_id", _X2AP),
    optional("m_enb_ue_x2ap_id_extension", _X2AP_EXTENSION),
    optional("global_enb_id", GLOBAL_ENB_ID),
    additions=(_CELL_RNTI,),
)

UE_ID: Codec[UeId] = choice(
    "UEID",
    (UeIdGnb, remembered(_GNB, _MOST_UES)),
    (UeIdGnbDu, _GNB_DU),
    (UeIdGnbCuUp, _GNB_CU_UP),
    (UeIdNgEnb, _NG_ENB),
    (UeIdNgEnbDu, _NG_ENB_DU),
    (UeIdEnGnb, _EN_GNB),
    (UeIdEnb, _ENB),
    additions=(),
)
"""Identity of a UE."""
