"""Networks, slices, cells, beams and core nodes (E2SM clauses 6.2.2 and 6.2.3)."""

from dataclasses import dataclass

from contracts.e2.per import (
    Codec,
    choice,
    field,
    fixed_bits,
    integer,
    octet_string,
    optional,
    sequence,
    wrapped,
)

PLMN: Codec[bytes] = octet_string(3, 3)
"""PLMN identity: three octets of TS 38.413 clause 9.3.3.5."""

FIVE_QI = integer(0, 255, extensible=True)
QCI = integer(0, 255)
QOS_FLOW = integer(0, 63, extensible=True)


def plmn_identity(mcc: str, mnc: str) -> bytes:
    """The three octets of a network (TS 38.413 clause 9.3.3.5).

    Args:
        mcc: three digits.
        mnc: two or three digits.

    Raises:
        ValueError: these are not such digits.
    """
    if not (mcc.isdecimal() and mnc.isdecimal() and len(mcc) == 3 and len(mnc) in (2, 3)):
        raise ValueError(f"a network has 3 and 2 or 3 digits: {mcc!r} {mnc!r}")
    third = mnc[2] if len(mnc) == 3 else "f"
    return bytes.fromhex(mcc[1] + mcc[0] + third + mcc[2] + mnc[1] + mnc[0])


def plmn_digits(identity: bytes) -> tuple[str, str]:
    """Mobile country code and mobile network code of three octets."""
    nibbles = identity.hex()
    mnc = nibbles[5] + nibbles[4] + nibbles[2].replace("f", "")
    return nibbles[1] + nibbles[0] + nibbles[3], mnc


@dataclass(frozen=True, slots=True)
class NrCgi:
    """Global identity of an NR cell; ``cell`` has 36 bits."""

    plmn: bytes
    cell: int


@dataclass(frozen=True, slots=True)
class EutraCgi:
    """Global identity of an E-UTRA cell; ``cell`` has 28 bits."""

    plmn: bytes
    cell: int


NR_CGI = sequence(NrCgi, field("plmn", PLMN), field("cell", fixed_bits(36)), additions=())
EUTRA_CGI = sequence(EutraCgi, field("plmn", PLMN), field("cell", fixed_bits(28)), additions=())

Cgi = NrCgi | EutraCgi
CGI: Codec[Cgi] = choice("CGI", (NrCgi, NR_CGI), (EutraCgi, EUTRA_CGI), additions=())


@dataclass(frozen=True, slots=True)
class SNssai:
    """A slice: slice/service type, and slice differentiator of three octets."""

    sst: int
    sd: bytes | None = None


S_NSSAI = sequence(
    SNssai, field("sst", fixed_bits(8)), optional("sd", octet_string(3, 3)), additions=()
)


@dataclass(frozen=True, slots=True)
class Guami:
    """Identity of an AMF: region of 8 bits, set of 10, pointer of 6 (TS 38.413)."""

    plmn: bytes
    amf_region: int
    amf_set: int
    amf_pointer: int


GUAMI = sequence(
    Guami,
    field("plmn", PLMN),
    field("amf_region", fixed_bits(8)),
    field("amf_set", fixed_bits(10)),
    field("amf_pointer", fixed_bits(6)),
    additions=(),
)


@dataclass(frozen=True, slots=True)
class Gummei:
    """Identity of an MME: group of 16 bits, code of 8 (TS 36.413)."""

    plmn: bytes
    mme_group: int
    mme_code: int


GUMMEI = sequence(
    Gummei,
    field("plmn", PLMN),
    field("mme_group", fixed_bits(16)),
    field("mme_code", fixed_bits(8)),
    additions=(),
)


@dataclass(frozen=True, slots=True)
class SsbBeam:
    """A beam by the index of its SSB."""

    value: int


BEAM: Codec[SsbBeam] = choice("Beam-ID", (SsbBeam, wrapped(SsbBeam, integer(0, 63))), additions=())
