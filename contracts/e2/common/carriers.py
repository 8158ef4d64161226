"""Carriers and physical cell identities (E2SM clause 6.2.3, from TS 38.473 and TS 36.423)."""

from dataclasses import dataclass
from enum import Enum

from contracts.e2.common.shapes import boxed
from contracts.e2.per import (
    Codec,
    choice,
    enumerated,
    field,
    integer,
    optional,
    sequence,
    sequence_of,
    wrapped,
)

NR_PCI = integer(0, 1007)
EUTRA_PCI = integer(0, 503, extensible=True)
NR_ARFCN = boxed(integer(0, 3_279_165))
EUTRA_ARFCN = integer(0, 65_535)
_BAND = integer(1, 1024, extensible=True)


@dataclass(frozen=True, slots=True)
class NrPci:
    """Physical identity of an NR cell."""

    value: int


@dataclass(frozen=True, slots=True)
class EutraPci:
    """Physical identity of an E-UTRA cell."""

    value: int


@dataclass(frozen=True, slots=True)
class NrArfcn:
    """Radio frequency of an NR carrier by its channel number."""

    value: int


@dataclass(frozen=True, slots=True)
class EutraArfcn:
    """Radio frequency of an E-UTRA carrier by its channel number."""

    value: int


SERVING_PCI: Codec[NrPci | EutraPci] = choice(
    "ServingCell-PCI",
    (NrPci, wrapped(NrPci, NR_PCI)),
    (EutraPci, wrapped(EutraPci, EUTRA_PCI)),
    additions=(),
)
SERVING_ARFCN: Codec[NrArfcn | EutraArfcn] = choice(
    "ServingCell-ARFCN",
    (NrArfcn, wrapped(NrArfcn, NR_ARFCN)),
    (EutraArfcn, wrapped(EutraArfcn, EUTRA_ARFCN)),
    additions=(),
)


class Shift7p5Khz(Enum):
    """Whether the carrier is shifted by 7.5 kHz."""

    FALSE = "false"
    TRUE = "true"


@dataclass(frozen=True, slots=True)
class NrBand:
    """A band and the supplementary uplink bands that go with it."""

    band: int
    sul_bands: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class NrFrequency:
    """An NR carrier and its bands."""

    arfcn: int
    bands: tuple[NrBand, ...]
    shift_7p5_khz: Shift7p5Khz | None = None


NR_FREQUENCY = sequence(
    NrFrequency,
    field("arfcn", NR_ARFCN),
    field(
        "bands",
        sequence_of(
            sequence(
                NrBand,
                field("band", _BAND),
                field("sul_bands", sequence_of(boxed(_BAND), 0, 32)),
                additions=(),
            ),
            1,
            32,
        ),
    ),
    optional("shift_7p5_khz", enumerated(Shift7p5Khz, root=2)),
    additions=(),
)
