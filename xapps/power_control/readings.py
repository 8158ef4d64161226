"""What the xApp reads of KPM: serving cell, activity and RSRP of every UE, and the version.

Two actions: the node's configuration version, and the UEs. RSRP is asked for by cell, so that what
each value means stands in the subscription and need not be repeated for every UE.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contracts.e2.ap import RicIndication
from contracts.e2.common.cells import NrCgi, plmn_identity
from contracts.e2.common.ue import UeIdGnb
from contracts.e2.identity import MCC, MNC, cell_id, nr_cell_identity
from contracts.e2.kpm.codec import kpm
from contracts.e2.kpm.conditions import Comparison, MatchingUeCondition, TestType, UeTest
from contracts.e2.kpm.measurement import NO_LABEL, MeasurementLabel
from contracts.e2.kpm.report import Report, UeReports
from contracts.e2.kpm.subscription import (
    ActionDefinition,
    EventTrigger,
    MatchingUeMeasurements,
    MeasurementInfo,
    Measurements,
)
from contracts.e2.kpm.version import KpmVersion
from contracts.e2.measurements import ACTIVE_TIME, RESOURCE_VERSION, RSRP, SERVING_CELL
from contracts.e2.ntp import unix_time_ns
from contracts.errors import RanwrightError
from xapps.power_control.columns import Columns, ue_columns

VERSION_ACTION, UES_ACTION = 1, 2
_KPM = kpm(KpmVersion.V4_00)
_NS_PER_MS = 1_000_000
_EVERY_UE = (MatchingUeCondition(UeTest(TestType.FIVE_QI, Comparison.PRESENT)),)
_LEADING = 2
"""Values of a UE before its RSRP: serving cell and activity."""


@dataclass(frozen=True, slots=True)
class Readings:
    """One report, as arrays over U UEs in ascending order and C cells.

    Attributes:
        kpm_time_ms: end of the period.
        resource_version: configuration in force during the period.
        ue_ids: [U].
        serving_cell: [U] cell id.
        active_ms: [U] time with data.
        rsrp_dbm: [U, C] SS-RSRP; NaN where a cell was not detected.
    """

    kpm_time_ms: int
    resource_version: int
    ue_ids: NDArray[np.int64]
    serving_cell: NDArray[np.int64]
    active_ms: NDArray[np.float64]
    rsrp_dbm: NDArray[np.float64]


def trigger(period_ms: int) -> bytes:
    """Report every period."""
    return _KPM.event_trigger.encode(EventTrigger(period_ms))


def actions(gnb: int, cells: Sequence[int], period_ms: int) -> Mapping[int, bytes]:
    """What to subscribe to, by action."""
    plmn = plmn_identity(MCC, MNC)
    labels = tuple(MeasurementLabel(cell=NrCgi(plmn, nr_cell_identity(gnb, c))) for c in cells)
    version = Measurements((MeasurementInfo(RESOURCE_VERSION, (NO_LABEL,)),), period_ms)
    own = tuple(MeasurementInfo(name, (NO_LABEL,)) for name in (SERVING_CELL, ACTIVE_TIME))
    ues = Measurements((*own, MeasurementInfo(RSRP, labels)), period_ms)
    definitions = {
        VERSION_ACTION: ActionDefinition(1, version),
        UES_ACTION: ActionDefinition(4, MatchingUeMeasurements(_EVERY_UE, ues)),
    }
    return {n: _KPM.action_definition.encode(d) for n, d in definitions.items()}


class ReadingAssembler:
    """Puts the indications of a subscription together; a period that lacks one is left out.

    Args:
        cells: of the node, in the order asked for.
        period_ms: of a report.
    """

    def __init__(self, cells: Sequence[int], period_ms: int) -> None:
        self._place = {cell: number for number, cell in enumerate(cells)}
        self._period_ms = period_ms
        self._at_ms = -1
        self._parts: dict[int, bytes] = {}

    def add(self, indication: RicIndication) -> Readings | None:
        """Take an indication; the readings when all of a period have come.

        Raises:
            RanwrightError: ``e2.malformed``, or ``kpm.incomplete``.
        """
        header = _KPM.indication_header.decode(indication.header)
        at_ms = unix_time_ns(header.start_time) // _NS_PER_MS + self._period_ms
        if at_ms != self._at_ms:
            self._at_ms, self._parts = at_ms, {}
        self._parts[indication.action_id] = indication.message
        if self._parts.keys() < {VERSION_ACTION, UES_ACTION}:
            return None
        version = _version(self._parts.pop(VERSION_ACTION))
        columns = self._ues(self._parts.pop(UES_ACTION))
        order = np.argsort(columns.ue_ids, kind="stable")
        return Readings(
            kpm_time_ms=at_ms,
            resource_version=version,
            ue_ids=columns.ue_ids[order],
            serving_cell=columns.values[order, 0].astype(np.int64),
            active_ms=columns.values[order, 1],
            rsrp_dbm=columns.values[order, _LEADING:],
        )

    def _ues(self, message: bytes) -> Columns:
        columns = ue_columns(message, _LEADING + len(self._place))
        if columns is None:  # of another form: read as any report is
            columns = self._read(_KPM.indication_message.decode(message))
        if np.isnan(columns.values[:, :_LEADING]).any():
            raise _incomplete("a UE has no serving cell or no active time")
        return columns

    def _read(self, message: Any) -> Columns:
        if not isinstance(message, UeReports):
            raise _incomplete("it is not about UEs")
        values = np.full((len(message.ues), _LEADING + len(self._place)), np.nan)
        ids = np.empty(len(message.ues), np.int64)
        for row, ue in enumerate(message.ues):
            if not isinstance(ue.ue, UeIdGnb):
                raise _incomplete("a UE is none of a gNB")
            ids[row] = ue.ue.amf_ue_ngap_id
            for column, value in self._labelled(ue.report):
                values[row, column] = np.nan if value is None else value
        return Columns(ids, values)

    def _labelled(self, report: Report) -> list[tuple[int, Any]]:
        (record,) = report.records
        if report.measurements is None:
            return list(enumerate(record.values))
        columns = []
        for info in report.measurements:
            for label in info.labels:
                columns.append(self._column(str(info.type), label))
        return list(zip(columns, record.values, strict=True))

    def _column(self, name: str, label: MeasurementLabel) -> int:
        if name == RSRP and isinstance(label.cell, NrCgi):
            place = self._place.get(cell_id(label.cell.cell))
            if place is not None:
                return _LEADING + place
        elif name in (SERVING_CELL, ACTIVE_TIME):
            return 0 if name == SERVING_CELL else 1
        raise _incomplete(f"it holds {name}, which was not asked for")


def _version(message: bytes) -> int:
    report = _KPM.indication_message.decode(message)
    if isinstance(report, Report) and len(report.records) == 1:
        match report.records[0].values:
            case (int(version),):
                return version
    raise _incomplete("it has no configuration version")


def _incomplete(why: str) -> RanwrightError:
    return RanwrightError(
        "kpm.incomplete",
        f"The report is not what was subscribed to: {why}.",
        "Check that the node reports X-ResourceVersion, X-ServingCell and X-SS-RSRP.",
    )
