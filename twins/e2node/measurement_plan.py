"""What an action of a KPM subscription asks for, and whether this node can measure it."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import eq, gt, lt

from contracts.e2.common.cells import Cgi, NrCgi, plmn_identity
from contracts.e2.common.ue import UeId, UeIdGnb
from contracts.e2.identity import MCC, MNC, nr_cell_identity
from contracts.e2.kpm.conditions import Comparison, MatchingUeCondition, TestType
from contracts.e2.kpm.measurement import NO_LABEL, MeasurementLabel
from contracts.e2.kpm.subscription import (
    ActionDefinition,
    MatchingUeMeasurements,
    MeasurementInfo,
    Measurements,
    UeListMeasurements,
    UeMeasurements,
)
from contracts.e2.measurements import OF_CELL, OF_UE, RSRP
from contracts.e2.node_configuration import gnb_of
from contracts.errors import RanwrightError
from contracts.network import UeMeasurement
from contracts.plant_link import NodeInfo

FIVE_QI = 9
"""Of all traffic here: non-GBR, the default bearer (TS 23.501 Table 5.7.4-1)."""

SHORTEST_GRANULARITY_MS = 10
MOST_RECORDS = 1_000
"""Of a reporting period; they wait in memory for its end."""

UeFilter = Callable[[UeMeasurement], bool]

_COMPARE: dict[Comparison | None, Callable[[float, float], bool]] = {
    Comparison.EQUAL: eq,
    Comparison.GREATER_THAN: gt,
    Comparison.LESS_THAN: lt,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What one action reports.

    Attributes:
        infos: measurements and their labels, in the order asked for.
        granularity_ms: KPM time that a record covers.
        cell_id: the cell; None for all.
        ues: which UEs; None where the cell itself is measured.
        one_ue: whether the report is about a single UE (style 2).
    """

    infos: tuple[MeasurementInfo, ...]
    granularity_ms: int
    cell_id: int | None = None
    ues: UeFilter | None = None
    one_ue: bool = False

    @property
    def says_all(self) -> bool:
        """Whether the subscription says what each value of a UE is: reports need not repeat it."""
        return all(i.type != RSRP or i.labels != (NO_LABEL,) for i in self.infos)


def plan_of(
    definition: ActionDefinition, node: NodeInfo, period_ms: int, other: Plan | None
) -> Plan:
    """The plan of an action.

    Args:
        definition: what it asks for.
        node: whose cells are measured.
        period_ms: the subscription's reporting period.
        other: another plan of the subscription.

    Raises:
        RanwrightError: ``kpm.style_not_supported``, ``kpm.unknown_measurement``,
            ``kpm.unknown_cell``, ``kpm.condition_not_supported`` or ``kpm.bad_granularity``.
    """
    wanted = definition.format
    ues: UeFilter | None
    known: tuple[str, ...]
    match wanted:
        case Measurements():
            ues, asked, known = None, wanted, OF_CELL
        case UeMeasurements():
            ues, asked, known = _named((wanted.ue,)), wanted.subscription, OF_UE
        case UeListMeasurements():
            ues, asked, known = _named(wanted.ues), wanted.subscription, OF_UE
        case MatchingUeMeasurements():
            ues, asked, known = _matching(wanted.matching), wanted.subscription, OF_UE
        case _:
            raise RanwrightError(
                "kpm.style_not_supported",
                f"Report style {definition.style_type} is not supported.",
                "Use style 1, 2, 4 or 5.",
            )
    granularity_ms = asked.granularity_period_ms
    records, rest = divmod(period_ms, granularity_ms)
    if granularity_ms < SHORTEST_GRANULARITY_MS or records > MOST_RECORDS:
        raise RanwrightError(
            "kpm.bad_granularity",
            f"Granularity {granularity_ms} ms in a reporting period of {period_ms} ms.",
            f"Give at least {SHORTEST_GRANULARITY_MS} ms, and at most {MOST_RECORDS} in a period.",
        )
    if rest or (other and other.granularity_ms != granularity_ms):
        raise RanwrightError(
            "kpm.bad_granularity",
            f"Granularity {granularity_ms} ms in a reporting period of {period_ms} ms.",
            "Give all actions one granularity period that divides the reporting period.",
        )
    return Plan(
        infos=_infos(asked, known, (RSRP,) if ues else OF_CELL, node),
        granularity_ms=granularity_ms,
        cell_id=None if asked.cell is None else _cell(asked.cell, node),
        ues=ues,
        one_ue=isinstance(wanted, UeMeasurements),
    )


def _infos(
    asked: Measurements, known: tuple[str, ...], by_cell: tuple[str, ...], node: NodeInfo
) -> tuple[MeasurementInfo, ...]:
    """What is asked for, when all of it is known; labels by cell are, of the names ``by_cell``."""
    for info in asked.measurements:
        if info.type not in known:
            raise RanwrightError(
                "kpm.unknown_measurement",
                f"{info.type!r:.100} is not measured here.",
                f"Ask for {', '.join(known)}.",
            )
        for label in info.labels if info.labels != (NO_LABEL,) else ():
            other = info.type not in by_cell or label != MeasurementLabel(cell=label.cell)
            if other or label.cell is None:
                raise RanwrightError(
                    "kpm.label_not_supported",
                    f"{info.type} is not measured by that label.",
                    "Ask for it with noLabel, or for measurements of a cell by cell.",
                )
            _cell(label.cell, node)
    return asked.measurements


def _cell(cell: Cgi, node: NodeInfo) -> int:
    gnb, plmn = gnb_of(node.node_name), plmn_identity(MCC, MNC)
    for known in node.cells:
        if cell == NrCgi(plmn, nr_cell_identity(gnb, known.cell_id)):
            return known.cell_id
    raise RanwrightError(
        "kpm.unknown_cell",
        f"{cell} is no cell of {node.node_name}.",
        "Name a cell as the node's configuration report does.",
    )


def _named(ues: tuple[UeId, ...]) -> UeFilter:
    wanted = {ue.amf_ue_ngap_id for ue in ues if isinstance(ue, UeIdGnb)}
    return lambda ue: ue.ue_id in wanted


def _matching(conditions: tuple[MatchingUeCondition, ...]) -> UeFilter:
    """Tests combined by AND, which binds more tightly than the OR behind a test (8.3.23)."""
    alternatives: list[list[UeFilter]] = [[]]
    for condition in conditions:
        alternatives[-1].append(_test(condition))
        if condition.logical_or:
            alternatives.append([])
    groups = [group for group in alternatives if group]
    if [_every_ue] in groups:
        return _every_ue
    return lambda ue: any(all(test(ue) for test in group) for group in groups)


def _every_ue(_: UeMeasurement) -> bool:
    return True


def _test(condition: MatchingUeCondition) -> UeFilter:
    test = condition.test
    compare = _COMPARE.get(test.comparison)
    value = test.value
    if test.comparison is Comparison.PRESENT and test.type in (TestType.RSRP, TestType.FIVE_QI):
        return _every_ue
    if compare is not None and isinstance(value, int | float) and not isinstance(value, bool):
        if test.type is TestType.RSRP:
            return lambda ue: compare(ue.rsrp_dbm[ue.serving_cell], value)
        if test.type is TestType.FIVE_QI:
            return lambda ue: compare(FIVE_QI, value)
    raise RanwrightError(
        "kpm.condition_not_supported",
        f"UEs cannot be chosen by {test.type.value} {test.comparison} {value!r:.50}.",
        "Choose by rSRP in dBm or by fiveQI: equal, greaterthan, lessthan or present.",
    )
