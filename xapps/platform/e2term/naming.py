"""RAN names of E2 nodes, formed as the O-RAN SC's E2 termination forms them."""

from dataclasses import dataclass

from contracts.e2.ap import (
    EnbId,
    EnbNode,
    EnGnbNode,
    GlobalE2NodeId,
    GnbNode,
    HomeEnbId,
    LongMacroEnbId,
    MacroEnbId,
    NgEnbNode,
    ShortMacroEnbId,
)
from contracts.e2.common.cells import plmn_digits
from contracts.e2.per import Bits
from xapps.platform.rnib import NodeType

_ENB_ID_BITS: dict[type[EnbId], int] = {
    MacroEnbId: 20,
    HomeEnbId: 28,
    ShortMacroEnbId: 18,
    LongMacroEnbId: 21,
}


@dataclass(frozen=True, slots=True)
class NodeName:
    """What a node is called.

    Attributes:
        ran_name: ``gnb_MCC_MNC_ID``; the identifier in hexadecimal, its last octet filled up.
        node_type: as the R-NIB tells nodes apart.
        plmn_id: PLMN identity, hexadecimal.
        nb_id: the identifier, a string of bits.
    """

    ran_name: str
    node_type: NodeType
    plmn_id: str
    nb_id: str


def name_of(node: GlobalE2NodeId) -> NodeName:
    """The name of a node; a unit of a disaggregated one has its number behind it."""
    match node:
        case GnbNode():
            unit = _unit(node.cu_up_id, node.du_id)
            return _named("gnb", "GNB", node.gnb.plmn, node.gnb.gnb_id, unit)
        case EnGnbNode():
            unit = _unit(node.cu_up_id, node.du_id)
            return _named("en_gnb", "GNB", node.en_gnb.plmn, node.en_gnb.gnb_id, unit)
        case NgEnbNode():
            bits = _bits(node.ng_enb.enb_id)
            return _named("ng_enb", "ENB", node.ng_enb.plmn, bits, _unit(None, node.du_id))
        case EnbNode():
            return _named("enb", "ENB", node.enb.plmn, _bits(node.enb.enb_id), "")


def _named(prefix: str, node_type: NodeType, plmn: bytes, bits: Bits, unit: str) -> NodeName:
    mcc, mnc = plmn_digits(plmn)
    octets = (bits.size + 7) // 8
    filled = (bits.value << (8 * octets - bits.size)).to_bytes(octets, "big")
    return NodeName(
        ran_name=f"{prefix}_{mcc}_{mnc.zfill(3)}_{filled.hex()}{unit}",
        node_type=node_type,
        plmn_id=plmn.hex(),
        nb_id=f"{bits.value:0{bits.size}b}",
    )


def _unit(cu_up_id: int | None, du_id: int | None) -> str:
    """Short, since an MEID has 31 characters."""
    if cu_up_id is not None:
        return f"_u{cu_up_id:x}"
    return "" if du_id is None else f"_d{du_id:x}"


def _bits(enb_id: EnbId) -> Bits:
    return Bits(enb_id.value, _ENB_ID_BITS[type(enb_id)])
