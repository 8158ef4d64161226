"""Global identities of base stations inside UE identities and interfaces (E2SM clause 6.2.3)."""

from dataclasses import dataclass

from contracts.e2.common.cells import PLMN
from contracts.e2.common.shapes import keyed_choice
from contracts.e2.per import Bits, Codec, bit_string, choice, field, sequence


@dataclass(frozen=True, slots=True)
class GlobalGnbId:
    """A gNB; ``gnb`` has 22 to 32 bits."""

    plmn: bytes
    gnb: Bits


@dataclass(frozen=True, slots=True)
class GlobalEnGnbId:
    """An en-gNB; ``gnb`` has 22 to 32 bits."""

    plmn: bytes
    gnb: Bits


@dataclass(frozen=True, slots=True)
class GlobalNgEnbId:
    """An ng-eNB; ``enb`` has 20 bits (macro), 18 (short macro) or 21 (long macro)."""

    plmn: bytes
    enb: Bits


@dataclass(frozen=True, slots=True)
class GlobalEnbId:
    """An eNB; ``enb`` has 20 bits (macro), 28 (home), 18 (short macro) or 21 (long macro)."""

    plmn: bytes
    enb: Bits


def _size(value: Bits) -> int:
    return value.size


def _of_size(size: int) -> tuple[int, Codec[Bits]]:
    return size, bit_string(size, size)


_GNB: Codec[Bits] = keyed_choice("GNB-ID", lambda _: 0, (0, bit_string(22, 32)), additions=())
_NG_ENB: Codec[Bits] = keyed_choice(
    "NgENB-ID", _size, _of_size(20), _of_size(18), _of_size(21), additions=()
)
_ENB: Codec[Bits] = keyed_choice(
    "ENB-ID", _size, _of_size(20), _of_size(28), additions=(_of_size(18), _of_size(21))
)

GLOBAL_GNB_ID = sequence(GlobalGnbId, field("plmn", PLMN), field("gnb", _GNB), additions=())
GLOBAL_EN_GNB_ID = sequence(GlobalEnGnbId, field("plmn", PLMN), field("gnb", _GNB), additions=())
GLOBAL_NG_ENB_ID = sequence(GlobalNgEnbId, field("plmn", PLMN), field("enb", _NG_ENB), additions=())
GLOBAL_ENB_ID = sequence(GlobalEnbId, field("plmn", PLMN), field("enb", _ENB), additions=())

GlobalNgRanNodeId = GlobalGnbId | GlobalNgEnbId
GLOBAL_NG_RAN_NODE_ID: Codec[GlobalNgRanNodeId] = choice(
    "GlobalNGRANNodeID",
    (GlobalGnbId, GLOBAL_GNB_ID),
    (GlobalNgEnbId, GLOBAL_NG_ENB_ID),
    additions=(),
)
