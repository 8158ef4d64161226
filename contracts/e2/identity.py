"""Who is who on E2: a network's identities as numbers of 3GPP.

A life of a node becomes a gNB identifier of 22 bits, the shortest that TS 38.413 9.3.1.6 allows, so
that 14 bits are left for the cell in the NR cell identity of 36 bits (TS 38.413 9.3.1.7).
"""

from functools import lru_cache

from contracts.e2.common.cells import Guami, plmn_identity
from contracts.e2.common.ue import UeIdGnb

GNB_ID_BITS = 22
CELL_ID_BITS = 14
MCC, MNC = "001", "01"
"""The PLMN of test networks (ITU-T E.212)."""
_GUAMI = Guami(plmn_identity(MCC, MNC), amf_region=1, amf_set=1, amf_pointer=0)


def gnb_id(life: str) -> int:
    """The gNB identifier of a life: its first 22 bits.

    Args:
        life: eight hexadecimal digits, as at the end of a node name.
    """
    return int(life, 16) >> (32 - GNB_ID_BITS)


def nr_cell_identity(gnb: int, cell_id: int) -> int:
    """The NR cell identity of a cell of a gNB."""
    return gnb << CELL_ID_BITS | cell_id


def cell_id(identity: int) -> int:
    """The cell of an NR cell identity."""
    return identity & ((1 << CELL_ID_BITS) - 1)


def ran_name(gnb: int) -> str:
    """The name of a gNB in the RIC, as the O-RAN SC's e2 manager forms it: ``gnb_MCC_MNC_ID``.

    Args:
        gnb: its identifier of 22 bits; the name has it in hexadecimal, as a bit string is printed.
    """
    octets = (gnb << 2).to_bytes(3, "big")  # a bit string's unused bits are at its end
    return f"gnb_{MCC}_{MNC.zfill(3)}_{octets.hex()}"


def gnb_of_name(name: str) -> int:
    """The gNB identifier in a RAN name, see :func:`ran_name`."""
    return int(name.rpartition("_")[2], 16) >> 2


@lru_cache(maxsize=1 << 14)
def ue_identity(ue_id: int) -> UeIdGnb:
    """A UE of a simulated gNB: its identity at the network's one AMF."""
    return UeIdGnb(ue_id, _GUAMI)
