"""What is known of a UE whose full identity is not (E2SM v05.00 clause 6.2.2)."""

from dataclasses import dataclass

from contracts.e2.common.cells import GUAMI, GUMMEI, Guami, Gummei
from contracts.e2.common.nodes import (
    GLOBAL_ENB_ID,
    GLOBAL_NG_RAN_NODE_ID,
    GlobalEnbId,
    GlobalNgRanNodeId,
)
from contracts.e2.common.ue import CELL_RNTI, CellRnti
from contracts.e2.per import integer, octet_string, optional, sequence

_FOUR_OCTETS = integer(0, (1 << 32) - 1)


@dataclass(frozen=True, slots=True)
class PartialUeId:
    """Any part of the identities of a UE; see :mod:`contracts.e2.common.ue`."""

    amf_ue_ngap_id: int | None = None
    guami: Guami | None = None
    gnb_cu_ue_f1ap_id: int | None = None
    gnb_cu_cp_ue_e1ap_id: int | None = None
    ran_ue_id: bytes | None = None
    m_ng_ran_ue_xnap_id: int | None = None
    global_ng_ran_node_id: GlobalNgRanNodeId | None = None
    cell_rnti: CellRnti | None = None
    ng_enb_cu_ue_w1ap_id: int | None = None
    m_enb_ue_x2ap_id: int | None = None
    m_enb_ue_x2ap_id_extension: int | None = None
    global_enb_id: GlobalEnbId | None = None
    mme_ue_s1ap_id: int | None = None
    gummei: Gummei | None = None


PARTIAL_UE_ID = sequence(
    PartialUeId,
    optional("amf_ue_ngap_id", integer(0, (1 << 40) - 1)),
    optional("guami", GUAMI),
    optional("gnb_cu_ue_f1ap_id", _FOUR_OCTETS),
    optional("gnb_cu_cp_ue_e1ap_id", _FOUR_OCTETS),
    optional("ran_ue_id", octet_string(8, 8)),
    optional("m_ng_ran_ue_xnap_id", _FOUR_OCTETS),
    optional("global_ng_ran_node_id", GLOBAL_NG_RAN_NODE_ID),
    optional("cell_rnti", CELL_RNTI),
    optional("ng_enb_cu_ue_w1ap_id", _FOUR_OCTETS),
    optional("m_enb_ue_x2ap_id", integer(0, 4095)),
    optional("m_enb_ue_x2ap_id_extension", integer(0, 4095, extensible=True)),
    optional("global_enb_id", GLOBAL_ENB_ID),
    optional("mme_ue_s1ap_id", _FOUR_OCTETS),
    optional("gummei", GUMMEI),
    additions=(),
)
