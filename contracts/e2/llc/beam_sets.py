"""Which beams a CSI report is about: the resource sets that node and xApp here agree on.

CSI reports name resources by their place in a resource set that RRC has configured, and E2SM-LLC
carries neither the configuration nor the set. On a site an xApp learns them from RRC; here they are
fixed, for a cell with 8 wide beams on SSBs and 32 narrow ones on CSI-RS:

======================== ======================================= ==============================
CSI-ReportConfigId       resource set                            report
======================== ======================================= ==============================
``0`` to ``7``           4 CSI-RS: the narrow beams in SSB 0-7   cri-RSRP, all 4
``8``                    8 SSBs of the serving cell              ssb-Index-RSRP, 4 strongest
``16 + k``               8 SSBs of the node's k-th cell          ssb-Index-RSRP, strongest
======================== ======================================= ==============================

The last is what a UE reports of candidate cells for L1/L2-triggered mobility (TS 38.331
LTM-CSI-ReportConfig of release 18), one report a cell.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from contracts.e2.common.cells import NrCgi, plmn_identity
from contracts.e2.common.ue import CellRnti, UeId, UeIdGnb
from contracts.e2.identity import MCC, MNC, cell_id, nr_cell_identity, ue_identity
from contracts.e2.llc.indication import CsiReport, UeCsi, UplinkChannel
from contracts.e2.llc.l1_rsrp import MOST_BEAMS, BeamRsrp, read_report, write_report
from contracts.errors import RanwrightError

COLUMNS, ROWS = 8, 4
"""Narrow beams: ``column * ROWS + row``, columns from right to left, rows from below to above."""
BEAMS = COLUMNS * ROWS
SETS, SET_SIZE = 8, 4
"""Of narrow beams, two columns of two rows each: those within the SSB of the same number."""

_SSB_CONFIG, _FIRST_CANDIDATE, _CONFIGS = 8, 16, 48
_CELL_RNTIS = 1 << 16


def set_of(beam: int) -> int:
    """The resource set, and SSB, that a narrow beam belongs to."""
    return beam // ROWS // 2 * 2 + beam % ROWS // 2


def beams_of(number: int) -> tuple[int, ...]:
    """The narrow beams of a resource set, in the order of its resources."""
    return tuple(beam for beam in range(BEAMS) if set_of(beam) == number)


_BEAMS_OF = tuple(beams_of(number) for number in range(SETS))


@dataclass(frozen=True)
class UeBeams:
    """What one UE reported at one moment; every power is an L1-RSRP in dBm.

    Attributes:
        ue_id: of the UE.
        cell_id: that serves it.
        narrow: of the narrow beams that were measured.
        ssb: of the strongest SSBs of the serving cell.
        candidates: strongest SSB of other cells and its L1-RSRP, by cell.
    """

    ue_id: int
    cell_id: int
    narrow: Mapping[int, float] = field(default_factory=dict)
    ssb: Mapping[int, float] = field(default_factory=dict)
    candidates: Mapping[int, tuple[int, float]] = field(default_factory=dict)


def write_csi(beams: UeBeams, cells: Sequence[int], gnb: int) -> UeCsi:
    """As E2SM-LLC copies it.

    Args:
        beams: whole resource sets.
        cells: of the node, ascending.
        gnb: identifier of the node.
    """
    reports = [
        CsiReport(number, write_report(_ordered(_places(beams.narrow, number)), SET_SIZE))
        for number in sorted({set_of(beam) for beam in beams.narrow})
    ]
    if beams.ssb:
        reports.append(CsiReport(_SSB_CONFIG, write_report(_ordered(beams.ssb.items()), SETS)))
    for cell, strongest in beams.candidates.items():
        config = _FIRST_CANDIDATE + cells.index(cell)
        reports.append(CsiReport(config, write_report([strongest], SETS)))
    cgi = NrCgi(plmn_identity(MCC, MNC), nr_cell_identity(gnb, beams.cell_id))
    plain = ue_identity(beams.ue_id)
    rnti = CellRnti((beams.ue_id + 1) % _CELL_RNTIS, cgi)
    named = UeIdGnb(plain.amf_ue_ngap_id, plain.guami, cell_rnti=rnti)
    return UeCsi(named, UplinkChannel.PUCCH, tuple(reports))


def read_csi(csi: UeCsi, cells: Sequence[int]) -> UeBeams:
    """What a UE reported, each power at the middle of the step that the report leaves open.

    Raises:
        RanwrightError: ``e2.llc.beams``: the bits are none of the reports above; ``e2.llc.ue``: the
            UE is not named with its cell.
    """
    narrow: dict[int, float] = {}
    ssb: dict[int, float] = {}
    candidates: dict[int, tuple[int, float]] = {}
    for report in csi.reports:
        config = report.config
        if 0 <= config < SETS:
            found = read_report(report.part_1, SET_SIZE)
            narrow |= {_BEAMS_OF[config][r]: dbm for r, dbm in _middles(found)}
        elif config == _SSB_CONFIG:
            found = read_report(report.part_1, SETS)
            ssb |= dict(_middles(found))
        elif 0 <= config - _FIRST_CANDIDATE < min(len(cells), _CONFIGS - _FIRST_CANDIDATE):
            found = read_report(report.part_1, SETS)
            candidates[cells[config - _FIRST_CANDIDATE]] = _middles(found)[0]
        else:
            raise RanwrightError(
                "e2.llc.beams",
                f"CSI-ReportConfigId {config} is none of this node's.",
                "Read it with the configuration that RRC gave the UE.",
            )
    ue_id, serving = _named(csi.ue)
    return UeBeams(ue_id, serving, narrow, ssb, candidates)


def _places(narrow: Mapping[int, float], number: int) -> Iterable[tuple[int, float]]:
    return ((p, narrow[beam]) for p, beam in enumerate(_BEAMS_OF[number]))


def _ordered(measured: Iterable[tuple[int, float]]) -> list[tuple[int, float]]:
    return sorted(measured, key=lambda pair: -pair[1])[:MOST_BEAMS]


def _middles(found: Sequence[BeamRsrp]) -> list[tuple[int, float]]:
    """The strongest has up to 1 dB more than it says; others 1 dB less, give or take 1.5."""
    first, *others = found
    middle = [(first.resource, first.rsrp_dbm + 0.5)]
    return middle + [(b.resource, b.rsrp_dbm - 0.5) for b in others]


def _named(ue: UeId) -> tuple[int, int]:
    if not isinstance(ue, UeIdGnb) or ue.cell_rnti is None:
        raise RanwrightError(
            "e2.llc.ue",
            "The UE of a CSI report is not named with its C-RNTI and cell.",
            "Name UEs of a gNB with cell_rnti (E2SM v05.00).",
        )
    cgi = ue.cell_rnti.cell
    if not isinstance(cgi, NrCgi):
        raise RanwrightError("e2.llc.ue", f"{cgi} is no NR cell.", "Name an NR cell.")
    return ue.amf_ue_ngap_id, cell_id(cgi.cell)
