"""KPM indications of a simulated network, one for each action in every reporting period."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from statistics import fmean

from contracts.e2.common.cells import Cgi, NrCgi, plmn_identity
from contracts.e2.identity import MCC, MNC, cell_id, nr_cell_identity, ue_identity
from contracts.e2.kpm.codec import kpm
from contracts.e2.kpm.measurement import NO_LABEL, MeasurementLabel
from contracts.e2.kpm.report import IndicationHeader, Record, UeReport, UeReports
from contracts.e2.kpm.report import Report as KpmMessage
from contracts.e2.kpm.subscription import MeasurementInfo
from contracts.e2.kpm.version import KpmVersion
from contracts.e2.measurements import (
    CONNECTED,
    POWER,
    PRB_USAGE,
    RESOURCE_VERSION,
    RSRP,
    UE_THROUGHPUT,
    Number,
    cell_values,
    ue_values,
)
from contracts.e2.ntp import ntp_timestamp
from contracts.network import KpmReport, UeMeasurement
from twins.e2node.measurement_plan import Plan
from twins.e2node.network import Network, Report

_KPM = kpm(KpmVersion.V4_00)
_PLMN = plmn_identity(MCC, MNC)
_NS_PER_MS = 1_000_000


class MeasurementReporter:
    """One subscription to measurements.

    Args:
        network: what is measured.
        gnb: identifier of this node.
        period_ms: KPM time between indications.
        plans: what is measured, by action; all of one granularity.
    """

    def __init__(
        self, network: Network, gnb: int, period_ms: int, plans: Mapping[int, Plan]
    ) -> None:
        self._network = network
        self._gnb = gnb
        self._period_ms = period_ms
        self._plans = plans

    def reports(self, stop: threading.Event) -> Iterator[Report]:
        """The indications of all actions, period by period, until ``stop``."""
        granularity_ms = next(iter(self._plans.values())).granularity_ms
        measured = self._network.reports(granularity_ms, stop)
        per_period = self._period_ms // granularity_ms
        while len(taken := list(islice(measured, per_period))) == per_period:
            start_ms = taken[0].kpm_time_ms - granularity_ms
            header = _KPM.indication_header.encode(
                IndicationHeader(start_time=ntp_timestamp(start_ms * _NS_PER_MS))
            )
            for action_id, plan in self._plans.items():
                if (message := self._message(plan, taken)) is not None:
                    yield Report(action_id, header, _KPM.indication_message.encode(message))

    def wake(self) -> None:
        """Nothing to do: the network's clock looks at ``stop`` itself."""

    def _message(self, plan: Plan, taken: Sequence[KpmReport]) -> KpmMessage | UeReports | None:
        if plan.ues is None:
            return _of_cell(plan, taken)
        reports = tuple(_of_ues(plan, plan.ues, taken, self._gnb))
        if not reports:
            return None  # format 3 has no form for no UE at all
        return reports[0].report if plan.one_ue else UeReports(reports)


def _of_cell(plan: Plan, taken: Sequence[KpmReport]) -> KpmMessage:
    records = tuple(Record(tuple(_cell_record(plan, report))) for report in taken)
    return KpmMessage(records, plan.infos, plan.granularity_ms)


def _cell_record(plan: Plan, report: KpmReport) -> Iterator[Number]:
    by_cell: dict[int | None, Mapping[str, Number]] = {None: _cell_values(report, plan.cell_id)}
    for info in plan.infos:
        for label in info.labels:
            cell = None if label.cell is None else _number(label.cell)
            if cell not in by_cell:
                by_cell[cell] = _cell_values(report, cell)
            yield by_cell[cell][str(info.type)]


def _number(cell: Cgi) -> int:
    assert isinstance(cell, NrCgi)  # the plan was checked
    return cell_id(cell.cell)


def _cell_values(report: KpmReport, cell_id: int | None) -> Mapping[str, Number]:
    """Of one cell, or of all together: sums of UEs and power, means of usage and throughput."""
    cells = [
        cell_values(cell, report.resource_version)
        for cell in report.cells
        if cell_id in (None, cell.cell_id)
    ]
    if len(cells) == 1:
        return cells[0]
    connected = sum(cell[CONNECTED] for cell in cells)
    served = sum(cell[UE_THROUGHPUT] * cell[CONNECTED] for cell in cells)
    return {
        UE_THROUGHPUT: served / connected if connected else 0.0,
        PRB_USAGE: fmean(cell[PRB_USAGE] for cell in cells),
        CONNECTED: connected,
        POWER: sum(cell[POWER] for cell in cells),
        RESOURCE_VERSION: report.resource_version,
    }


def _of_ues(
    plan: Plan, chosen: Callable[[UeMeasurement], bool], taken: Sequence[KpmReport], gnb: int
) -> Iterator[UeReport]:
    """Each UE that was chosen in the last granularity period, with its values in all of them."""
    asked = _asked_cells(plan.infos) if plan.says_all else None
    names = tuple(str(info.type) for info in plan.infos)
    for ue in taken[-1].ues:
        if plan.cell_id not in (None, ue.serving_cell) or not chosen(ue):
            continue
        measured = [ue]
        if len(taken) > 1:
            measured = [m for report in taken for m in report.ues if m.ue_id == ue.ue_id]
        cells = tuple(sorted({c for m in measured for c in m.rsrp_dbm})) if asked is None else asked
        records = tuple(Record(_ue_record(names, m, cells)) for m in measured)
        infos = _ue_infos(names, cells, gnb) if asked is None else None
        yield UeReport(ue_identity(ue.ue_id), KpmMessage(records, infos, plan.granularity_ms))


@lru_cache(maxsize=64)
def _asked_cells(infos: tuple[MeasurementInfo, ...]) -> tuple[int, ...]:
    """Cells whose RSRP is asked for, in the order asked."""
    return tuple(
        _number(label.cell)
        for info in infos
        if info.type == RSRP
        for label in info.labels
        if label.cell is not None
    )


def _ue_record(
    names: Iterable[str], measured: UeMeasurement, cells: Sequence[int]
) -> tuple[Number | None, ...]:
    values = ue_values(measured)
    record: list[Number | None] = []
    for name in names:
        if name == RSRP:
            record += map(measured.rsrp_dbm.get, cells)
        else:
            record.append(values[name])
    return tuple(record)


@lru_cache(maxsize=4096)
def _ue_infos(
    names: tuple[str, ...], cells: tuple[int, ...], gnb: int
) -> tuple[MeasurementInfo, ...]:
    own = (NO_LABEL,)
    of_cells = tuple(_of(cell, gnb) for cell in cells)
    return tuple(MeasurementInfo(name, of_cells if name == RSRP else own) for name in names)


@lru_cache(maxsize=4096)
def _of(cell: int, gnb: int) -> MeasurementLabel:
    return MeasurementLabel(cell=NrCgi(_PLMN, nr_cell_identity(gnb, cell)))
