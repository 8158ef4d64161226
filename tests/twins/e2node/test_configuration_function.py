"""E2SM-CCC of a plant: reads back what it is, writes only what the actuator signed."""

import threading
from datetime import UTC, datetime
from itertools import islice

import pytest

from contracts.action import ParameterChange
from contracts.e2.ccc.control import ControlHeader, ControlMessage, ControlOutcome, Write
from contracts.e2.ccc.extension import CommonBeamforming, Plant, SectorCarrier
from contracts.e2.ccc.function import RanFunctionDefinition
from contracts.e2.ccc.indication import IndicationHeader, IndicationMessage
from contracts.e2.ccc.subscription import (
    ActionDefinition,
    CellChange,
    CellReport,
    EventTrigger,
    NodeReport,
    Periodic,
    ReportedCell,
    ReportedStructure,
    WatchedCell,
    WatchedStructure,
)
from contracts.e2.credential import seal, unseal
from contracts.e2.node_configuration import cell_global_id, gnb_of, node_info, powers_message
from contracts.errors import RanwrightError
from contracts.keys import load_signer, load_trust
from contracts.site import Site
from tests.twins.synthetic import link_map, scenario
from twins.e2node.configuration import Configuration
from twins.e2node.network import Action, ControlFailureError
from twins.e2node.senders import the_actuator
from twins.plant.service import PlantService

SCENARIO = scenario()
LINKS = link_map(SCENARIO)
HEADER = ControlHeader.of(2).encode()
ON_CHANGE = EventTrigger(
    event=CellChange(
        cells=(
            WatchedCell(
                structures=(
                    WatchedStructure(ran_configuration_structure_name=SectorCarrier.structure_name),
                )
            ),
        )
    )
).encode()


def reported(kind) -> ReportedStructure:
    return ReportedStructure(
        report_type="all", ran_configuration_structure_name=kind.structure_name
    )


NODE = ActionDefinition(ric_style_type=1, report=NodeReport(structures=(reported(Plant),))).encode()
CELLS = ActionDefinition(
    ric_style_type=2,
    report=CellReport(
        cells=(ReportedCell(structures=(reported(SectorCarrier), reported(CommonBeamforming))),)
    ),
).encode()
ACTIONS = (Action(1, NODE), Action(2, CELLS))


@pytest.fixture
def function(plant, site) -> Configuration:
    return Configuration(plant, the_actuator(site), number=4)


def change(plant: PlantService, cell_id: int, steps: int) -> ParameterChange:
    grid = SCENARIO.equipment.configured_max_tx_power.grid_mw()
    present = {c.cell_id: c.configured_max_tx_power_mw for c in plant.info().cells}[cell_id]
    return ParameterChange(
        cell_id=cell_id, from_mw=present, to_mw=grid[grid.index(present) + steps]
    )


def signed(site: Site, plant: PlantService, message: bytes, header: bytes = HEADER) -> bytes:
    return seal(
        plant.info().node_name, "certificate:1", header, message, load_signer(site, "actuator")
    )


def read(reports) -> tuple[object, ...]:
    node, cells = (IndicationMessage.decode(r.message).format for r in reports)
    return node.structures, cells.cells


def test_what_is_read_back_is_what_the_plant_is(function, plant):
    admission = function.subscribe(ON_CHANGE, ACTIONS)
    assert admission.not_admitted == {}
    reports = list(islice(admission.reporter.reports(threading.Event()), 2))
    assert [r.action_id for r in reports] == [1, 2]
    header = IndicationHeader.decode(reports[0].header).format
    assert header.indication_reason == "uponSubscription"
    read_back = node_info(*read(reports))
    assert read_back == plant.info().model_copy(update={"kpm_time_ms": read_back.kpm_time_ms})


def test_a_signed_control_is_carried_out_and_reported(function, plant, site):
    reports = function.subscribe(ON_CHANGE, ACTIONS).reporter.reports(threading.Event())
    before = node_info(*read(islice(reports, 2)))
    wanted = (change(plant, 1, -2), change(plant, 2, -1))
    message = powers_message(before, before.resource_version, wanted).encode()
    outcome = ControlOutcome.decode(function.control(signed(site, plant, message), HEADER, message))
    after = node_info(*read(islice(reports, 2)))
    powers = {c.cell_id: c.configured_max_tx_power_mw for c in after.cells}
    assert [powers[c.cell_id] for c in wanted] == [c.to_mw for c in wanted]
    assert after.resource_version == before.resource_version + 1
    current = [a.current for cell in outcome.format.cells for a in cell.accepted]
    assert [c.configured_max_tx_power_mw for c in current] == [c.to_mw for c in wanted]
    assert {c.resource_version for c in current} == {after.resource_version}


def test_the_same_control_twice_acts_once(function, plant, site):
    message = powers_message(plant.info(), 0, (change(plant, 1, -1),)).encode()
    credential = signed(site, plant, message)
    function.control(credential, HEADER, message)
    with pytest.raises(ControlFailureError) as failure:
        function.control(credential, HEADER, message)
    assert failure.value.reason.code == "control.stale_version"
    assert plant.info().resource_version == 1
    failed = ControlOutcome.decode(failure.value.outcome).format.cells[0].failed
    assert [f.cause for f in failed] == ["IncompatibleState"]


def test_one_bad_cell_changes_none(function, plant, site):
    off_grid = change(plant, 2, -1).model_copy(update={"to_mw": 12_345})
    message = powers_message(plant.info(), 0, (change(plant, 1, -1), off_grid)).encode()
    before = plant.info().cells
    with pytest.raises(ControlFailureError) as failure:
        function.control(signed(site, plant, message), HEADER, message)
    assert failure.value.reason.code == "control.off_grid"
    assert plant.info().cells == before


def test_nobody_but_the_actuator_controls(function, plant, site):
    message = powers_message(plant.info(), 0, (change(plant, 1, -1),)).encode()
    other = powers_message(plant.info(), 0, (change(plant, 1, -2),)).encode()
    node = plant.info().node_name
    verifier = seal(node, "r", HEADER, message, load_signer(site, "verifier"))
    for credential, code in (
        (None, "credential.missing"),
        (b"", "credential.missing"),
        (b"{}", "credential.malformed"),
        (verifier, "signature.wrong_role"),
        (signed(site, plant, other), "credential.other_control"),
        (signed(site, plant, message, header=HEADER + b" "), "credential.other_control"),
    ):
        with pytest.raises(ControlFailureError) as failure:
            function.control(credential, HEADER, message)
        assert failure.value.reason.code == code
    assert plant.info().resource_version == 0


def test_a_control_for_another_life_is_refused(function, plant, site):
    earlier = plant.info().model_copy(update={"node_name": "gnb-synthetic-00000000"})
    message = powers_message(earlier, 0, (change(plant, 1, -1),)).encode()
    credential = seal(earlier.node_name, "r", HEADER, message, load_signer(site, "actuator"))
    with pytest.raises(ControlFailureError) as failure:
        function.control(credential, HEADER, message)
    assert failure.value.reason.code == "control.wrong_node"


def test_writes_that_are_not_power_are_refused(function, plant, site):
    gnb = gnb_of(plant.info().node_name)
    tilt = Write.of(
        CommonBeamforming(digital_tilt_decidegrees=60),
        CommonBeamforming(digital_tilt_decidegrees=0),
    )
    version = Write.of(
        SectorCarrier(configured_max_tx_power_mw=1, resource_version=0),
        SectorCarrier(configured_max_tx_power_mw=1, resource_version=7),
    )
    for write in (tilt, version):
        message = ControlMessage.for_cells({cell_global_id(gnb, 1): (write,)}).encode()
        with pytest.raises(ControlFailureError) as failure:
            function.control(signed(site, plant, message), HEADER, message)
        assert failure.value.reason.code == "control.unknown_parameter"


def test_a_version_must_be_named(function, plant, site):
    gnb = gnb_of(plant.info().node_name)
    wanted = change(plant, 1, -1)
    write = Write.of(
        SectorCarrier(configured_max_tx_power_mw=wanted.from_mw),
        SectorCarrier(configured_max_tx_power_mw=wanted.to_mw),
    )
    message = ControlMessage.for_cells({cell_global_id(gnb, 1): (write,)}).encode()
    with pytest.raises(ControlFailureError) as failure:
        function.control(signed(site, plant, message), HEADER, message)
    assert failure.value.reason.code == "control.mixed_versions"


def test_a_cell_of_another_node_is_unknown(function, plant, site):
    wanted = change(plant, 1, -1)
    write = Write.of(
        SectorCarrier(configured_max_tx_power_mw=wanted.from_mw, resource_version=0),
        SectorCarrier(configured_max_tx_power_mw=wanted.to_mw, resource_version=0),
    )
    elsewhere = cell_global_id(gnb_of(plant.info().node_name) ^ 1, 1)
    message = ControlMessage.for_cells({elsewhere: (write,)}).encode()
    with pytest.raises(ControlFailureError) as failure:
        function.control(signed(site, plant, message), HEADER, message)
    assert failure.value.reason.code == "control.unknown_cell"


@pytest.mark.parametrize("octets", [b"", b"{", b"[]", b"\xff" * 9])
def test_octets_that_are_no_control_are_refused(function, plant, site, octets):
    with pytest.raises(ControlFailureError) as failure:
        function.control(signed(site, plant, octets), HEADER, octets)
    assert failure.value.reason.code == "e2.ccc.malformed"


def test_actions_are_admitted_one_by_one(function):
    unknown = ActionDefinition(
        ric_style_type=1,
        report=NodeReport(
            structures=(
                ReportedStructure(
                    report_type="all", ran_configuration_structure_name="O-GNBDUFunction"
                ),
            )
        ),
    ).encode()
    admission = function.subscribe(ON_CHANGE, (*ACTIONS, Action(3, unknown), Action(4, b"?")))
    codes = {n: e.code for n, e in admission.not_admitted.items()}
    assert codes == {3: "e2.ccc.unknown_structure", 4: "e2.ccc.malformed"}


def test_periodic_reports_come_in_kpm_time(function):
    trigger = EventTrigger(event=Periodic(period_ms=1000)).encode()
    reporter = function.subscribe(trigger, ACTIONS[:1]).reporter
    stop = threading.Event()
    times = []
    for report in islice(reporter.reports(stop), 3):
        (plant_report,) = IndicationMessage.decode(report.message).format.structures
        times.append(plant_report.values.kpm_time_ms)
    assert all(at >= 1000 * (n + 1) for n, at in enumerate(times))


def test_stopping_ends_a_reporter_that_waits_for_a_change(function):
    stop = threading.Event()
    reporter = function.subscribe(ON_CHANGE, ACTIONS).reporter
    ended = threading.Event()

    def run() -> None:
        for _ in reporter.reports(stop):
            pass
        ended.set()

    threading.Thread(target=run, daemon=True).start()
    stop.set()
    reporter.wake()
    assert ended.wait(10)


def test_the_definition_names_every_cell(function, plant):
    definition = RanFunctionDefinition.decode(function.definition())
    gnb = gnb_of(plant.info().node_name)
    assert [c.cell_global_id for c in definition.list_of_cells] == [
        cell_global_id(gnb, c.cell_id) for c in plant.info().cells
    ]


def test_a_credential_counts_for_its_octets_only(site):
    sealed = seal("gnb-x-00000000", "r", b"a", b"bc", load_signer(site, "actuator"))
    trust, now = load_trust(site), datetime.now(UTC)
    assert unseal(sealed, b"a", b"bc", trust, now).request_id == "r"
    with pytest.raises(RanwrightError):
        unseal(sealed, b"ab", b"c", trust, now)
