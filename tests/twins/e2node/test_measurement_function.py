"""E2SM-KPM of a plant: its reports arrive as they were measured."""

import threading
from collections import defaultdict
from itertools import islice

import pytest

from contracts.e2.ap import IndicationType, RicIndication, RicRequestId
from contracts.e2.common.cells import Guami, NrCgi, plmn_identity
from contracts.e2.common.ue import UeIdGnb
from contracts.e2.identity import MCC, MNC, cell_id, nr_cell_identity
from contracts.e2.kpm.codec import kpm
from contracts.e2.kpm.conditions import Comparison, MatchingUeCondition, TestType, UeTest
from contracts.e2.kpm.measurement import NO_LABEL, MeasurementLabel
from contracts.e2.kpm.subscription import (
    ActionDefinition,
    EventTrigger,
    MatchingUeMeasurements,
    MeasurementInfo,
    Measurements,
    UeListMeasurements,
    UeMeasurements,
)
from contracts.e2.kpm.version import KpmVersion
from contracts.e2.measurements import OF_CELL, OF_UE, RSRP, cell_measurement, ue_measurement
from contracts.e2.node_configuration import gnb_of
from contracts.e2.ntp import unix_time_ns
from contracts.keys import init_keys
from contracts.site import Site
from tests.twins.synthetic import link_map, scenario
from twins.e2node.measurement import Measurement
from twins.e2node.network import Action, ControlFailureError
from twins.plant.service import PlantService
from xapps.power_control import readings

SCENARIO = scenario()
LINKS = link_map(SCENARIO)
KPM = kpm(KpmVersion.V4_00)
PLMN = plmn_identity(MCC, MNC)
GUAMI = Guami(PLMN, 1, 1, 0)
EVERY_UE = (MatchingUeCondition(UeTest(TestType.FIVE_QI, Comparison.PRESENT)),)


class Recorded:
    """A network whose reports were taken before: what is indicated can be compared with them."""

    def __init__(self, plant: PlantService, count: int) -> None:
        self.taken = list(islice(plant.reports(200, threading.Event()), count))
        self.info = plant.info
        self.apply = plant.apply

    def reports(self, period_ms, stop):
        assert period_ms == 200
        yield from self.taken


@pytest.fixture(scope="module")
def network(tmp_path_factory) -> Recorded:
    site = Site(tmp_path_factory.mktemp("kpm") / "site")
    init_keys(site)
    return Recorded(PlantService(site, SCENARIO, 3, 1000.0, LINKS), 6)


def asked(names, cell=None, period_ms=200, label=NO_LABEL) -> Measurements:
    infos = tuple(MeasurementInfo(name, (label,)) for name in names)
    return Measurements(infos, period_ms, cell)


def cell_of(network: Recorded, number: int) -> NrCgi:
    return NrCgi(PLMN, nr_cell_identity(gnb_of(network.info().node_name), number))


def subscribe(network, *formats, period_ms=200):
    actions = [
        Action(n, KPM.action_definition.encode(ActionDefinition(1, f)))
        for n, f in enumerate(formats)
    ]
    trigger = KPM.event_trigger.encode(EventTrigger(period_ms))
    return Measurement(network, 2).subscribe(trigger, actions)


def messages(network, *formats, period_ms=200):
    """By action: the time that each message begins, and the message."""
    admission = subscribe(network, *formats, period_ms=period_ms)
    assert admission.not_admitted == {}
    found = defaultdict(list)
    for report in admission.reporter.reports(threading.Event()):
        start = KPM.indication_header.decode(report.header).start_time
        message = KPM.indication_message.decode(report.message)
        found[report.action_id].append((unix_time_ns(start) // 1_000_000, message))
    return found


def ue_reading(report, record: int = 0):
    infos, values, rsrp = {}, iter(report.records[record].values), {}
    for info in report.measurements:
        for label in info.labels:
            value = next(values)
            if info.type == RSRP:
                rsrp[cell_id(label.cell.cell)] = value
            else:
                infos[info.type] = value
    return infos, {c: v for c, v in rsrp.items() if v is not None}


def test_every_measurement_of_every_cell_arrives(network):
    cells = [c.cell_id for c in network.info().cells]
    found = messages(network, *(asked(OF_CELL, cell_of(network, c)) for c in cells))
    for number, cell in enumerate(cells):
        assert len(found[number]) == len(network.taken)
        for (start_ms, message), report in zip(found[number], network.taken, strict=True):
            assert start_ms == report.kpm_time_ms - report.period_ms
            values = dict(zip(OF_CELL, message.records[0].values, strict=True))
            (measured,) = [m for m in report.cells if m.cell_id == cell]
            assert cell_measurement(cell, values) == measured


def test_every_measurement_of_every_ue_arrives(network):
    found = messages(network, MatchingUeMeasurements(EVERY_UE, asked(OF_UE)))[0]
    for (_, message), report in zip(found, network.taken, strict=True):
        arrived = [
            ue_measurement(ue.ue.amf_ue_ngap_id, *ue_reading(ue.report)) for ue in message.ues
        ]
        assert tuple(arrived) == report.ues


def test_ues_of_a_cell(network):
    found = messages(network, MatchingUeMeasurements(EVERY_UE, asked(OF_UE, cell_of(network, 1))))
    for (_, message), report in zip(found[0], network.taken, strict=True):
        served = [u.ue_id for u in report.ues if u.serving_cell == 1]
        assert [u.ue.amf_ue_ngap_id for u in message.ues] == served


def test_ues_by_condition(network):
    strong = MatchingUeCondition(UeTest(TestType.RSRP, Comparison.GREATER_THAN, -90))
    found = messages(network, MatchingUeMeasurements((strong,), asked(OF_UE)))[0]
    arrived = {start: [u.ue.amf_ue_ngap_id for u in m.ues] for start, m in found}
    for report in network.taken:
        expected = [u.ue_id for u in report.ues if u.rsrp_dbm[u.serving_cell] > -90]
        assert arrived.get(report.kpm_time_ms - 200, []) == expected


@pytest.mark.parametrize(("combined_by_or", "found_any"), [(False, False), (True, True)])
def test_conditions_combine(network, combined_by_or, found_any):
    every = UeTest(TestType.FIVE_QI, Comparison.EQUAL, 9)
    none = UeTest(TestType.RSRP, Comparison.LESS_THAN, -500)
    conditions = (MatchingUeCondition(every, combined_by_or), MatchingUeCondition(none))
    found = messages(network, MatchingUeMeasurements(conditions, asked(OF_UE)))
    assert bool(found) == found_any


def test_one_ue_and_ues_by_name(network):
    one, other = (UeIdGnb(n, GUAMI) for n in (0, 2))
    found = messages(
        network, UeMeasurements(one, asked(OF_UE)), UeListMeasurements((one, other), asked(OF_UE))
    )
    for (_, alone), (_, both), report in zip(found[0], found[1], network.taken, strict=True):
        assert ue_measurement(0, *ue_reading(alone)) == report.ues[0]
        assert [u.ue.amf_ue_ngap_id for u in both.ues] == [0, 2]


def test_records_fill_a_reporting_period(network):
    found = messages(network, MatchingUeMeasurements(EVERY_UE, asked(OF_UE)), period_ms=600)[0]
    assert len(found) == 2
    for number, (_, message) in enumerate(found):
        for ue, n in ((u, u.ue.amf_ue_ngap_id) for u in message.ues):
            for record in range(3):
                expected = network.taken[3 * number + record].ues[n]
                assert ue_measurement(n, *ue_reading(ue.report, record)) == expected


def test_the_node_is_all_its_cells(network):
    found = messages(network, asked(OF_CELL))[0]
    for (_, message), report in zip(found, network.taken, strict=True):
        values = dict(zip(OF_CELL, message.records[0].values, strict=True))
        assert values["RRC.ConnMean"] == sum(c.connected_ues for c in report.cells)
        assert values["PEE.AvgPower"] == pytest.approx(sum(c.average_power_w for c in report.cells))


def test_cells_by_label(network):
    cells = [c.cell_id for c in network.info().cells]
    labels = tuple(MeasurementLabel(cell=cell_of(network, c)) for c in cells)
    infos = tuple(MeasurementInfo(name, labels) for name in OF_CELL)
    found = messages(network, Measurements(infos, 200))[0]
    for (_, message), report in zip(found, network.taken, strict=True):
        values = iter(message.records[0].values)
        by_name = {i.type: {c: next(values) for c in cells} for i in message.measurements}
        arrived = [cell_measurement(c, {n: by_name[n][c] for n in OF_CELL}) for c in cells]
        assert tuple(arrived) == report.cells


def test_what_cannot_be_measured_is_not_admitted(network):
    elsewhere = NrCgi(PLMN, nr_cell_identity(gnb_of(network.info().node_name) ^ 1, 1))
    by_slice = MatchingUeCondition(UeTest(TestType.S_NSSAI, Comparison.EQUAL, 1))
    admission = subscribe(
        network,
        asked(OF_CELL),
        asked(("DRB.Nonsense",)),
        asked(OF_CELL, elsewhere),
        asked(OF_CELL, label=MeasurementLabel(five_qi=9)),
        MatchingUeMeasurements((by_slice,), asked(OF_UE)),
        asked(OF_CELL, period_ms=150),
        asked(OF_CELL, period_ms=100),
        UeMeasurements(UeIdGnb(1, GUAMI), asked(OF_CELL[1:2])),
    )
    assert {n: e.code for n, e in admission.not_admitted.items()} == {
        1: "kpm.unknown_measurement",
        2: "kpm.unknown_cell",
        3: "kpm.label_not_supported",
        4: "kpm.condition_not_supported",
        5: "kpm.bad_granularity",
        6: "kpm.bad_granularity",
        7: "kpm.unknown_measurement",
    }


@pytest.mark.parametrize(("period_ms", "granularity_ms"), [(4_000_000_000, 1_000), (20, 5)])
def test_a_period_holds_no_more_records_than_fit_in_memory(network, period_ms, granularity_ms):
    definition = KPM.action_definition.encode(
        ActionDefinition(1, asked(OF_CELL, period_ms=granularity_ms))
    )
    trigger = KPM.event_trigger.encode(EventTrigger(period_ms))
    admission = Measurement(network, 2).subscribe(trigger, [Action(0, definition)])
    assert admission.not_admitted[0].code == "kpm.bad_granularity"


def test_kpm_has_no_control(network):
    with pytest.raises(ControlFailureError):
        Measurement(network, 2).control(None, b"", b"")


def test_ues_are_measured_by_the_cells_asked_for(network):
    """Labels in the subscription: reports hold a value for each, and need not name them again."""
    cells = [c.cell_id for c in network.info().cells][:5]
    labels = tuple(MeasurementLabel(cell=cell_of(network, c)) for c in cells)
    wanted = Measurements(
        (MeasurementInfo("X-ServingCell", (NO_LABEL,)), MeasurementInfo(RSRP, labels)), 200
    )
    found = messages(network, MatchingUeMeasurements(EVERY_UE, wanted))[0]
    for (_, message), report in zip(found, network.taken, strict=True):
        assert len(message.ues) == len(report.ues)
        for ue, known in zip(message.ues, report.ues, strict=True):
            assert ue.report.measurements is None
            (record,) = ue.report.records
            rsrp = tuple(known.rsrp_dbm.get(c) for c in cells)
            assert record.values == (known.serving_cell, *rsrp)


def test_the_power_control_xapp_reads_what_was_measured(network):
    node = network.info()
    cells = [c.cell_id for c in node.cells]
    wanted = readings.actions(gnb_of(node.node_name), cells, 200)
    actions = [Action(number, definition) for number, definition in wanted.items()]
    admission = Measurement(network, 2).subscribe(readings.trigger(200), actions)
    assert admission.not_admitted == {}
    assembler = readings.ReadingAssembler(cells, 200)
    found = []
    for number, report in enumerate(admission.reporter.reports(threading.Event())):
        kind = IndicationType.REPORT
        indication = RicIndication(
            RicRequestId(1, 1), 2, report.action_id, kind, report.header, report.message, number
        )
        if (taken := assembler.add(indication)) is not None:
            found.append(taken)
    assert len(found) == len(network.taken)
    for taken, report in zip(found, network.taken, strict=True):
        assert taken.kpm_time_ms == report.kpm_time_ms
        assert taken.resource_version == report.resource_version
        for row, ue in enumerate(sorted(report.ues, key=lambda u: u.ue_id)):
            assert taken.ue_ids[row] == ue.ue_id
            assert taken.serving_cell[row] == ue.serving_cell
            assert taken.active_ms[row] == ue.dl_active_time_ms
            heard = {c: r for c, r in zip(cells, taken.rsrp_dbm[row], strict=True) if r == r}
            assert heard == ue.rsrp_dbm
