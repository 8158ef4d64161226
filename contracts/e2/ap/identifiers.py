"""Names of E2 nodes, RICs and requests (E2AP 9.2.4 to 9.2.8, 9.2.26 to 9.2.28; TS 38.413 9.3.1)."""

from dataclasses import dataclass
from typing import TypeAlias

from contracts.e2.per import (
    Bits,
    Codec,
    bit_string,
    choice,
    field,
    fixed_bits,
    integer,
    octet_string,
    optional,
    sequence,
    wrapped,
)
from contracts.errors import ExitCode, RanwrightError

RAN_FUNCTION_ID = integer(0, 4095)
_PLMN_FIELD = field("plmn", octet_string(3, 3))
_PLMN_DIGITS = {(3, 2), (3, 3)}
_UNIT_ID = integer(0, 2**36 - 1)


def plmn_octets(mcc: str, mnc: str) -> bytes:
    """A PLMN identity as TS 38.413 9.3.3.5 packs it: ``("001", "01")`` is ``00f110``.

    Raises:
        RanwrightError: ``e2.bad_plmn``, where these are not three and two or three digits.
    """
    if (
        not (mcc + mnc).isdigit()
        or not (mcc + mnc).isascii()
        or (len(mcc), len(mnc)) not in _PLMN_DIGITS
    ):
        raise RanwrightError(
            "e2.bad_plmn",
            f"{mcc!r} and {mnc!r} are no MCC and MNC.",
            "Give three digits, and two or three.",
            ExitCode.USAGE,
        )
    third = mnc[2] if len(mnc) == 3 else "f"
    return bytes.fromhex(mcc[1] + mcc[0] + third + mcc[2] + mnc[1] + mnc[0])


def plmn_text(plmn: bytes) -> str:
    """A PLMN identity as people write it, e.g. ``001/01``; hexadecimal where it is not one."""
    digits = "".join(f"{octet & 15:x}{octet >> 4:x}" for octet in plmn)
    mcc, mnc = digits[:3], digits[4:6] + digits[3:4].replace("f", "")
    return f"{mcc}/{mnc}" if (mcc + mnc).isdigit() and len(plmn) == 3 else plmn.hex()


@dataclass(frozen=True, slots=True)
class RicRequestId:
    """Which request of the RIC: the requestor (an xApp) and its instance, 0 to 65535 each."""

    requestor: int
    instance: int


@dataclass(frozen=True, slots=True)
class GlobalRicId:
    """A near-RT RIC: PLMN (3 octets as in TS 38.413 9.3.3.5) and 20 bits."""

    plmn: bytes
    ric_id: int


@dataclass(frozen=True, slots=True)
class GlobalGnbId:
    """A gNB: PLMN and 22 to 32 bits."""

    plmn: bytes
    gnb_id: Bits


@dataclass(frozen=True, slots=True)
class GlobalEnGnbId:
    """An en-gNB (EN-DC): PLMN and 22 to 32 bits."""

    plmn: bytes
    gnb_id: Bits


@dataclass(frozen=True, slots=True)
class MacroEnbId:
    """20 bits."""

    value: int


@dataclass(frozen=True, slots=True)
class HomeEnbId:
    """28 bits."""

    value: int


@dataclass(frozen=True, slots=True)
class ShortMacroEnbId:
    """18 bits."""

    value: int


@dataclass(frozen=True, slots=True)
class LongMacroEnbId:
    """21 bits."""

    value: int


EnbId: TypeAlias = MacroEnbId | HomeEnbId | ShortMacroEnbId | LongMacroEnbId
NgEnbId: TypeAlias = MacroEnbId | ShortMacroEnbId | LongMacroEnbId


@dataclass(frozen=True, slots=True)
class GlobalEnbId:
    """An eNB: PLMN and one of four identities."""

    plmn: bytes
    enb_id: EnbId


@dataclass(frozen=True, slots=True)
class GlobalNgEnbId:
    """An ng-eNB: PLMN and one of three identities."""

    plmn: bytes
    enb_id: NgEnbId


@dataclass(frozen=True, slots=True)
class GnbNode:
    """E2 node of a gNB; CU-UP and DU numbers (36 bits) tell its parts apart."""

    gnb: GlobalGnbId
    en_gnb: GlobalEnGnbId | None = None
    cu_up_id: int | None = None
    du_id: int | None = None


@dataclass(frozen=True, slots=True)
class EnGnbNode:
    """E2 node of an en-gNB."""

    en_gnb: GlobalEnGnbId
    cu_up_id: int | None = None
    du_id: int | None = None


@dataclass(frozen=True, slots=True)
class NgEnbNode:
    """E2 node of an ng-eNB."""

    ng_enb: GlobalNgEnbId
    enb: GlobalEnbId | None = None
    du_id: int | None = None


@dataclass(frozen=True, slots=True)
class EnbNode:
    """E2 node of an eNB."""

    enb: GlobalEnbId


GlobalE2NodeId: TypeAlias = GnbNode | EnGnbNode | NgEnbNode | EnbNode

REQUEST_ID = sequence(
    RicRequestId,
    field("requestor", integer(0, 65_535)),
    field("instance", integer(0, 65_535)),
    additions=(),
)
RIC_ID = sequence(GlobalRicId, _PLMN_FIELD, field("ric_id", fixed_bits(20)), additions=())

_GNB_ID: Codec[Bits] = choice("GNB-ID", (Bits, bit_string(22, 32)), additions=())
GNB = sequence(GlobalGnbId, _PLMN_FIELD, field("gnb_id", _GNB_ID), additions=())
EN_GNB = sequence(GlobalEnGnbId, _PLMN_FIELD, field("gnb_id", _GNB_ID), additions=())

_MACRO = (MacroEnbId, wrapped(MacroEnbId, fixed_bits(20)))
_HOME = (HomeEnbId, wrapped(HomeEnbId, fixed_bits(28)))
_SHORT = (ShortMacroEnbId, wrapped(ShortMacroEnbId, fixed_bits(18)))
_LONG = (LongMacroEnbId, wrapped(LongMacroEnbId, fixed_bits(21)))
_ENB_ID: Codec[EnbId] = choice("ENB-ID", _MACRO, _HOME, additions=(_SHORT, _LONG))
_NG_ENB_ID: Codec[NgEnbId] = choice("NGENB-ID", _MACRO, _SHORT, _LONG, additions=())
ENB = sequence(GlobalEnbId, _PLMN_FIELD, field("enb_id", _ENB_ID), additions=())
NG_ENB = sequence(GlobalNgEnbId, _PLMN_FIELD, field("enb_id", _NG_ENB_ID), additions=())

NODE_ID: Codec[GlobalE2NodeId] = choice(
    "GlobalE2node-ID",
    (
        GnbNode,
        sequence(
            GnbNode,
            field("gnb", GNB),
            optional("en_gnb", EN_GNB),
            optional("cu_up_id", _UNIT_ID),
            optional("du_id", _UNIT_ID),
            additions=(),
        ),
    ),
    (
        EnGnbNode,
        sequence(
            EnGnbNode,
            field("en_gnb", EN_GNB),
            optional("cu_up_id", _UNIT_ID),
            optional("du_id", _UNIT_ID),
            additions=(),
        ),
    ),
    (
        NgEnbNode,
        sequence(
            NgEnbNode,
            field("ng_enb", NG_ENB),
            optional("enb", ENB),
            optional("du_id", _UNIT_ID),
            additions=(),
        ),
    ),
    (EnbNode, sequence(EnbNode, field("enb", ENB), additions=())),
    additions=(),
)
