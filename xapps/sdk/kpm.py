"""KPM reports of a whole gNB: what to subscribe to, and how indications become a report.

Two actions: all cells by label, and all UEs. A report is complete when both have come for the same
time; a period of which one is missing is left out.
"""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import islice
from typing import Any, Generic, TypeVar

from contracts.e2.ap import RicIndication
from contracts.e2.common.cells import NrCgi, plmn_identity
from contracts.e2.common.ue import UeIdGnb
from contracts.e2.identity import MCC, MNC, cell_id, nr_cell_identity
from contracts.e2.kpm.codec import kpm
from contracts.e2.kpm.conditions import Comparison, MatchingUeCondition, TestType, UeTest
from contracts.e2.kpm.measurement import NO_LABEL, MeasurementLabel
from contracts.e2.kpm.report import Report, UeReport
from contracts.e2.kpm.subscription import (
    ActionDefinition,
    EventTrigger,
    MatchingUeMeasurements,
    MeasurementInfo,
    Measurements,
)
from contracts.e2.kpm.version import KpmVersion
from contracts.e2.measurements import (
    OF_CELL,
    OF_UE,
    RESOURCE_VERSION,
    RSRP,
    cell_measurement,
    ue_measurement,
)
from contracts.e2.ntp import unix_time_ns
from contracts.errors import RanwrightError
from contracts.network import CellMeasurement, KpmReport, UeMeasurement
from xapps.sdk.kpm_rows import OF_ROW, RowReader, RowReport, UeRow

R = TypeVar("R")

CELLS_ACTION, UES_ACTION = 1, 2
_KPM = kpm(KpmVersion.V4_00)
_NS_PER_MS = 1_000_000
_EVERY_UE = (MatchingUeCondition(UeTest(TestType.FIVE_QI, Comparison.PRESENT)),)


def report_trigger(period_ms: int) -> bytes:
    """Report every period."""
    return _KPM.event_trigger.encode(EventTrigger(period_ms))


def report_actions(gnb: int, cells: Sequence[int], period_ms: int) -> dict[int, bytes]:
    """Everything of all cells and all UEs, by action."""
    return _actions(gnb, cells, period_ms, ue_infos(gnb, cells))


def row_actions(gnb: int, cells: Sequence[int], period_ms: int) -> dict[int, bytes]:
    """All cells, and of UEs what makes a row (:mod:`xapps.sdk.kpm_rows`), by action."""
    return _actions(gnb, cells, period_ms, row_infos(gnb, cells))


def ue_infos(gnb: int, cells: Sequence[int]) -> tuple[MeasurementInfo, ...]:
    """What is asked of UEs: everything, RSRP by cell, so that reports need not say it again."""
    return _infos(OF_UE, gnb, cells)


def row_infos(gnb: int, cells: Sequence[int]) -> tuple[MeasurementInfo, ...]:
    """What is asked of UEs for rows."""
    return _infos((*OF_ROW, RSRP), gnb, cells)


class Assembler(Generic[R]):
    """Puts the indications of a subscription together.

    Args:
        period_ms: of a report.
        infos: what was asked of UEs, for reports that do not say it themselves.
    """

    def __init__(self, period_ms: int, infos: tuple[MeasurementInfo, ...] = ()) -> None:
        self._period_ms = period_ms
        self._layout = _layout(infos)
        self._at_ms = -1
        self._parts: dict[int, bytes] = {}

    def add(self, indication: RicIndication) -> R | None:
        """Take an indication; the report when it is complete.

        Raises:
            RanwrightError: ``e2.malformed``, or ``kpm.incomplete``.
        """
        header = _KPM.indication_header.decode(indication.header)
        at_ms = unix_time_ns(header.start_time) // _NS_PER_MS + self._period_ms
        if at_ms != self._at_ms:
            self._at_ms, self._parts = at_ms, {}
        self._parts[indication.action_id] = indication.message
        if self._parts.keys() < {CELLS_ACTION, UES_ACTION}:
            return None
        try:
            return self._report(at_ms, self._parts[CELLS_ACTION], self._parts[UES_ACTION])
        except (
            LookupError,
            StopIteration,
            AttributeError,
            TypeError,
            ValueError,
            ArithmeticError,
        ) as error:
            raise RanwrightError(
                "kpm.incomplete",
                f"The report of {at_ms} ms lacks {error}.",
                "Check that the node reports what was subscribed to.",
            ) from error
        finally:
            self._parts = {}

    @abstractmethod
    def _report(self, at_ms: int, of_cells: bytes, of_ues: bytes) -> R: ...

    def _cells(self, message: bytes) -> tuple[tuple[CellMeasurement, ...], int]:
        decoded: Any = _KPM.indication_message.decode(message)
        return _cells(decoded)

    def _ues(self, message: bytes) -> tuple[UeMeasurement, ...]:
        decoded: Any = _KPM.indication_message.decode(message)
        return tuple([self._ue(ue) for ue in decoded.ues])

    def _ue(self, reported: UeReport) -> UeMeasurement:
        if not isinstance(reported.ue, UeIdGnb):
            raise TypeError(f"a UE of a gNB: {reported.ue}")
        (record,) = reported.report.records
        values = iter(record.values)
        single: dict[str, Any] = {}
        rsrp_dbm: dict[int, Any] = {}
        infos = reported.report.measurements
        for name, cells in self._layout if infos is None else _layout(infos):
            if name == RSRP:
                heard = zip(cells, islice(values, len(cells)), strict=True)
                rsrp_dbm = {cell: value for cell, value in heard if value is not None}
            else:
                single[name] = next(values)
        return ue_measurement(reported.ue.amf_ue_ngap_id, single, rsrp_dbm)


class ReportAssembler(Assembler[KpmReport]):
    """Makes reports that the contract has checked."""

    def _report(self, at_ms: int, of_cells: bytes, of_ues: bytes) -> KpmReport:
        measured, version = self._cells(of_cells)
        return KpmReport(
            kpm_time_ms=at_ms,
            period_ms=self._period_ms,
            resource_version=version,
            cells=measured,
            ues=self._ues(of_ues),
        )


class RowAssembler(Assembler[RowReport]):
    """Makes rows of UEs, in a time that a near-RT loop can spare where the form allows it.

    Args:
        period_ms: of a report.
        gnb: identifier of the node.
        cells: of the node, in the order asked for.
    """

    def __init__(self, period_ms: int, gnb: int, cells: Sequence[int]) -> None:
        super().__init__(period_ms, row_infos(gnb, cells))
        self._reader = RowReader(cells, period_ms)

    def _report(self, at_ms: int, of_cells: bytes, of_ues: bytes) -> RowReport:
        measured, version = self._cells(of_cells)
        rows = self._reader.rows(of_ues)
        if rows is None:  # of another form: read as any report is
            rows = [_row(ue) for ue in self._ues(of_ues)]
        mark = blake2b(of_cells + of_ues).digest()
        return RowReport(at_ms, self._period_ms, version, measured, rows, mark)


def _row(ue: UeMeasurement) -> UeRow:
    return UeRow(*(getattr(ue, name) for name in UeRow._fields))


def _actions(
    gnb: int, cells: Sequence[int], period_ms: int, infos: tuple[MeasurementInfo, ...]
) -> dict[int, bytes]:
    of_cells = Measurements(
        tuple(MeasurementInfo(n, _labels(gnb, cells)) for n in OF_CELL), period_ms
    )
    of_ues = MatchingUeMeasurements(_EVERY_UE, Measurements(infos, period_ms))
    definitions = {
        CELLS_ACTION: ActionDefinition(1, of_cells),
        UES_ACTION: ActionDefinition(4, of_ues),
    }
    return {n: _KPM.action_definition.encode(d) for n, d in definitions.items()}


def _infos(names: Iterable[str], gnb: int, cells: Sequence[int]) -> tuple[MeasurementInfo, ...]:
    labels = _labels(gnb, cells)
    return tuple(MeasurementInfo(n, labels if n == RSRP else (NO_LABEL,)) for n in names)


def _labels(gnb: int, cells: Sequence[int]) -> tuple[MeasurementLabel, ...]:
    plmn = plmn_identity(MCC, MNC)
    return tuple(MeasurementLabel(cell=NrCgi(plmn, nr_cell_identity(gnb, c))) for c in cells)


def _cells(report: Report) -> tuple[tuple[CellMeasurement, ...], int]:
    values: dict[int, dict[str, Any]] = {}
    for info, label, value in _labelled(report):
        values.setdefault(cell_id(label.cell.cell), {})[info] = value
    versions = {v[RESOURCE_VERSION] for v in values.values()}
    measured = tuple(cell_measurement(cell, v) for cell, v in sorted(values.items()))
    return measured, int(versions.pop())


def _labelled(report: Report) -> Iterator[tuple[Any, Any, Any]]:
    """Name, label and value of everything in the only record of a report."""
    (record,) = report.records
    named = [(info.type, label) for info in report.measurements or () for label in info.labels]
    for (name, label), value in zip(named, record.values, strict=True):
        yield name, label, value


def _layout(infos: Iterable[MeasurementInfo]) -> list[tuple[str, list[int]]]:
    """Names of measurements, and the cells that each is labelled with."""
    return [(str(info.type), [*_cells_of(info)]) for info in infos]


def _cells_of(info: MeasurementInfo) -> Iterator[int]:
    for label in info.labels:
        if isinstance(label.cell, NrCgi):
            yield cell_id(label.cell.cell)
