"""What a node reports and asks: indication header and message (E2SM-RC 9.2.1.3 and 9.2.1.4)."""

from dataclasses import dataclass
from functools import cache

from contracts.e2.common.cells import CGI, Cgi
from contracts.e2.common.function import STYLE_TYPE
from contracts.e2.common.nothing import nothing
from contracts.e2.common.shapes import boxed
from contracts.e2.common.ue import UE_ID, UeId
from contracts.e2.per import (
    Codec,
    boolean,
    choice,
    field,
    octet_string,
    optional,
    sequence,
    sequence_of,
)
from contracts.e2.rc.conditions import SMALL_ID
from contracts.e2.rc.neighbours import NEIGHBOUR_RELATIONS, NeighbourRelations
from contracts.e2.rc.parameters import MOST, PARAMETER, Parameter
from contracts.e2.rc.version import RcVersion


@dataclass(frozen=True, slots=True)
class ReportHeader:
    """Format 1: the condition of the event trigger that was met."""

    condition: int | None = None


@dataclass(frozen=True, slots=True)
class InsertHeader:
    """Format 2: the UE and the question."""

    ue: UeId
    style_type: int
    indication: int


@dataclass(frozen=True, slots=True)
class UeReportHeader:
    """Format 3: the condition that was met, and the UE."""

    condition: int | None = None
    ue: UeId | None = None


IndicationHeader = ReportHeader | InsertHeader | UeReportHeader
_HEADERS: Codec[IndicationHeader] = choice(
    "indication header format",
    (ReportHeader, sequence(ReportHeader, optional("condition", SMALL_ID), additions=())),
    (
        InsertHeader,
        sequence(
            InsertHeader,
            field("ue", UE_ID),
            field("style_type", STYLE_TYPE),
            field("indication", SMALL_ID),
            additions=(),
        ),
    ),
    additions=(
        (
            UeReportHeader,
            sequence(
                UeReportHeader,
                optional("condition", SMALL_ID),
                optional("ue", UE_ID),
                additions=(),
            ),
        ),
    ),
)
INDICATION_HEADER = boxed(_HEADERS)


@dataclass(frozen=True, slots=True)
class Parameters:
    """Format 1 (report style 1 and 5): parameters."""

    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class UeParameters:
    """Parameters of one UE."""

    ue: UeId
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class UeReports:
    """Format 2 (report styles 2 and 4): parameters by UE."""

    ues: tuple[UeParameters, ...]


@dataclass(frozen=True, slots=True)
class CellReport:
    """What is known of a cell: its context, whether it is gone, its neighbours."""

    cell: Cgi
    context: bytes | None = None
    deleted: bool | None = None
    neighbours: NeighbourRelations | None = None


@dataclass(frozen=True, slots=True)
class CellReports:
    """Format 3 (report style 3): cells."""

    cells: tuple[CellReport, ...]


@dataclass(frozen=True, slots=True)
class UeContextReport:
    """The context of a UE and its cell (up to v01.03)."""

    ue: UeId
    cell: Cgi
    context: bytes | None = None


@dataclass(frozen=True, slots=True)
class CellContextReport:
    """The context of a cell and its neighbours (up to v01.03)."""

    cell: Cgi
    context: bytes | None = None
    neighbours: NeighbourRelations | None = None


@dataclass(frozen=True, slots=True)
class OnDemandReport:
    """Format 4: UEs and cells on demand; empty from v02.00 on."""

    ues: tuple[UeContextReport, ...] = ()
    cells: tuple[CellContextReport, ...] = ()


@dataclass(frozen=True, slots=True)
class InsertParameters:
    """Format 5: parameters of a question."""

    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class InsertMessage:
    """Parameters of one question among several."""

    indication: int
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class InsertMessages:
    """Questions of one style."""

    style_type: int
    indications: tuple[InsertMessage, ...]


@dataclass(frozen=True, slots=True)
class InsertStyles:
    """Format 6: several questions at once."""

    styles: tuple[InsertMessages, ...]


IndicationMessage = (
    Parameters | UeReports | CellReports | OnDemandReport | InsertParameters | InsertStyles
)

_SOME = sequence_of(PARAMETER, 1, MOST)
_ANY = sequence_of(PARAMETER, 0, MOST)
_UE_REPORTS = sequence_of(
    sequence(UeParameters, field("ue", UE_ID), field("parameters", _SOME), additions=()), 1, MOST
)
_CELL_REPORTS = sequence_of(
    sequence(
        CellReport,
        field("cell", CGI),
        optional("context", octet_string()),
        optional("deleted", boolean()),
        optional("neighbours", NEIGHBOUR_RELATIONS),
        additions=(),
    ),
    1,
    MOST,
)
_ON_DEMAND_EARLY = sequence(
    OnDemandReport,
    field(
        "ues",
        sequence_of(
            sequence(
                UeContextReport,
                field("ue", UE_ID),
                optional("context", octet_string()),
                field("cell", CGI),
                additions=(),
            ),
            0,
            MOST,
        ),
    ),
    field(
        "cells",
        sequence_of(
            sequence(
                CellContextReport,
                field("cell", CGI),
                optional("context", octet_string()),
                optional("neighbours", NEIGHBOUR_RELATIONS),
                additions=(),
            ),
            0,
            MOST,
        ),
    ),
    additions=(),
)
_INSERT_STYLES = sequence_of(
    sequence(
        InsertMessages,
        field("style_type", STYLE_TYPE),
        field(
            "indications",
            sequence_of(
                sequence(
                    InsertMessage,
                    field("indication", SMALL_ID),
                    field("parameters", _ANY),
                    additions=(),
                ),
                1,
                63,
            ),
        ),
        additions=(),
    ),
    1,
    63,
)


@cache
def indication_message(version: RcVersion) -> Codec[IndicationMessage]:
    """The layout of an indication message."""
    early = version < RcVersion.V3_00
    formats: Codec[IndicationMessage] = choice(
        "indication message format",
        (Parameters, sequence(Parameters, field("parameters", _SOME), additions=())),
        (UeReports, sequence(UeReports, field("ues", _UE_REPORTS), additions=())),
        (CellReports, sequence(CellReports, field("cells", _CELL_REPORTS), additions=())),
        (OnDemandReport, _ON_DEMAND_EARLY if early else nothing(OnDemandReport())),
        (InsertParameters, sequence(InsertParameters, field("parameters", _ANY), additions=())),
        additions=(
            (InsertStyles, sequence(InsertStyles, field("styles", _INSERT_STYLES), additions=())),
        ),
    )
    return boxed(formats)
