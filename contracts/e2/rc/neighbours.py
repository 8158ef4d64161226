"""Neighbour relations of a cell (E2SM-RC clause 9.3)."""

from dataclasses import dataclass
from enum import Enum

from contracts.e2.common.carriers import (
    EUTRA_ARFCN,
    EUTRA_PCI,
    NR_FREQUENCY,
    NR_PCI,
    SERVING_ARFCN,
    SERVING_PCI,
    EutraArfcn,
    EutraPci,
    NrArfcn,
    NrFrequency,
    NrPci,
)
from contracts.e2.common.cells import EUTRA_CGI, NR_CGI, EutraCgi, NrCgi
from contracts.e2.per import (
    Codec,
    choice,
    enumerated,
    field,
    integer,
    octet_string,
    sequence,
    sequence_of,
)
from contracts.e2.rc.parameters import MOST


class Duplex(Enum):
    """How downlink and uplink are kept apart."""

    FDD = "fdd"
    TDD = "tdd"


class Yes(Enum):
    """Whether something is so."""

    TRUE = "true"
    FALSE = "false"


_YES = enumerated(Yes, root=2)
_RELATION_VERSION = integer(1, 65_535, extensible=True)


@dataclass(frozen=True, slots=True)
class NrNeighbour:
    """An NR cell next to the serving one; ``tac`` has three octets."""

    cell: NrCgi
    pci: int
    tac: bytes
    duplex: Duplex
    frequency: NrFrequency
    x2_xn_established: Yes
    handover_validated: Yes
    version: int


@dataclass(frozen=True, slots=True)
class EutraNeighbour:
    """An E-UTRA cell next to the serving one; ``tac`` has two octets."""

    cell: EutraCgi
    pci: int
    arfcn: int
    tac: bytes
    x2_xn_established: Yes
    handover_validated: Yes
    version: int


@dataclass(frozen=True, slots=True)
class NeighbourRelations:
    """The serving cell's carrier and its neighbours."""

    serving_pci: NrPci | EutraPci
    serving_arfcn: NrArfcn | EutraArfcn
    neighbours: tuple[NrNeighbour | EutraNeighbour, ...]


_ENDING = (
    field("x2_xn_established", _YES),
    field("handover_validated", _YES),
    field("version", _RELATION_VERSION),
)
_NEIGHBOUR: Codec[NrNeighbour | EutraNeighbour] = choice(
    "NeighborCell-Item",
    (
        NrNeighbour,
        sequence(
            NrNeighbour,
            field("cell", NR_CGI),
            field("pci", NR_PCI),
            field("tac", octet_string(3, 3)),
            field("duplex", enumerated(Duplex, root=2)),
            field("frequency", NR_FREQUENCY),
            *_ENDING,
            additions=(),
        ),
    ),
    (
        EutraNeighbour,
        sequence(
            EutraNeighbour,
            field("cell", EUTRA_CGI),
            field("pci", EUTRA_PCI),
            field("arfcn", EUTRA_ARFCN),
            field("tac", octet_string(2, 2)),
            *_ENDING,
            additions=(),
        ),
    ),
    additions=(),
)
NEIGHBOUR_RELATIONS = sequence(
    NeighbourRelations,
    field("serving_pci", SERVING_PCI),
    field("serving_arfcn", SERVING_ARFCN),
    field("neighbours", sequence_of(_NEIGHBOUR, 1, MOST)),
    additions=(),
)
