"""The gNB with beams: its own sweeps, orders, failures, handovers, and its E2SM-LLC."""

import threading

import numpy as np
import pytest

from contracts.e2.ap import (
    CauseRicRequest,
    ControlAckRequest,
    RicControlAcknowledge,
    RicControlFailure,
    RicControlRequest,
)
from contracts.e2.llc.beam_control import BeamOrder, beam_control
from contracts.e2.llc.beam_sets import beams_of
from contracts.e2.llc.codec import LLC
from contracts.e2.llc.indication import Csi, InformationCopy
from contracts.e2.llc.outcome import FullyExecuted, NotFullyExecuted
from contracts.e2.llc.slots import Slot, SlotIndex
from contracts.e2.llc.subscription import (
    ActionDefinition,
    Arrival,
    ArrivalTrigger,
    Copy,
    Information,
    PeriodicTrigger,
)
from contracts.errors import RanwrightError
from contracts.keys import init_keys
from contracts.site import Site
from tests.twins.beam_gnb.stages import beam_stage
from tests.twins.e2node.test_node import REQUEST, Ric
from twins.beam_gnb.failure import INSTANCES, RECOVERY_FRAMES, BeamFailures
from twins.beam_gnb.gnb import HOLD_MS, BeamGnb
from twins.beam_gnb.service import BeamNetworkService
from twins.dynamics.handover import Cause
from twins.dynamics.link import FRAME_MS
from twins.e2node.attach import LLC_NUMBER, attached
from twins.e2node.lower_layers import LowerLayers
from twins.e2node.network import Action, BeamNetwork, ControlFailureError, MobileNetwork
from twins.e2node.senders import anybody, the_actuator

SLOT = Slot(0, SlotIndex(30, 0))
HOLD_FRAMES = round(HOLD_MS / FRAME_MS)
CSI = ArrivalTrigger((Arrival(1, Information.CSI),))
COPY = ActionDefinition(1, Copy(Information.CSI))


def frames(gnb: BeamGnb, count: int):
    return [gnb.frame() for _ in range(count)]


def test_own_sweeps_keep_beams_near_the_best_and_equal_seeds_are_equal():
    gnb, again = BeamGnb(beam_stage()), BeamGnb(beam_stage())
    for one, other in zip(frames(gnb, 300), frames(again, 300), strict=True):
        assert one.reports == other.reports
        assert (one.beam == other.beam).all()
    held = BeamGnb(beam_stage(), own_sweeps=False)
    frames(held, 300)
    assert gnb.tally.near / gnb.tally.ue_frames > 0.8
    assert held.tally.loss_db > gnb.tally.loss_db
    assert held.tally.measured < gnb.tally.measured


def test_an_order_holds_until_it_is_silent_and_no_longer():
    gnb = BeamGnb(beam_stage())
    frames(gnb, 20)
    serving = frames(gnb, 1)[0].serving
    worst = 0
    assert gnb.order([BeamOrder(0, worst, (2, 5))]) == [True]
    assert gnb.ordered_ues == (0,)
    first = gnb.frame()
    (report,) = (r for r in first.reports if r.ue_id == 0)
    assert set(report.narrow) == {*beams_of(2), *beams_of(5)}
    held = [first, *frames(gnb, HOLD_FRAMES - 1)]
    if all(f.serving[0] == serving[0] for f in held):
        assert {int(f.beam[0]) for f in held} == {worst}
    assert gnb.ordered_ues == ()
    assert any(int(f.beam[0]) != worst for f in frames(gnb, 20))


def test_unknown_ues_and_cells_change_nothing():
    gnb = BeamGnb(beam_stage())
    frames(gnb, 5)
    with pytest.raises(RanwrightError, match="no UE 99"):
        gnb.order([BeamOrder(0, 1), BeamOrder(99, 1)])
    assert gnb.ordered_ues == ()
    for odd in (BeamOrder(1, -1), BeamOrder(1, 32), BeamOrder(1, 3, (-9,)), BeamOrder(1, 3, (8,))):
        with pytest.raises(RanwrightError) as error:
            gnb.order([BeamOrder(0, 1, (2,)), odd])
        assert error.value.code == "control.unknown_beam"
        assert gnb.ordered_ues == ()
    assert all(not r.narrow for f in frames(gnb, 2) for r in f.reports)
    for ue, cell, code in ((99, 1, "unknown_ue"), (0, 77, "unknown_cell")):
        with pytest.raises(RanwrightError) as error:
            gnb.hand_over(ue, cell)
        assert error.value.code == f"control.{code}"


def test_a_ue_is_handed_over_where_it_would_stay():
    gnb = BeamGnb(beam_stage())
    last = frames(gnb, 50)[-1]
    outcomes, refusals = {}, set()
    for ue in range(gnb.ues):
        for index, cell in enumerate(gnb.cell_ids):
            if index != last.serving[ue]:
                try:
                    gnb.hand_over(ue, cell)
                    outcomes[ue] = index
                except RanwrightError as error:
                    refusals.add(error.code)
    assert refusals == {"control.out_of_reach"}
    after = gnb.frame()
    later = gnb.frame()
    lost = {e.ue for e in gnb.events if e.cause is Cause.COMMAND_LOST}
    assert outcomes.keys() - lost
    for ue in outcomes.keys() - lost:
        assert outcomes[ue] in (after.serving[ue], later.serving[ue])
    untouched = [u for u in range(gnb.ues) if u not in outcomes]
    assert (later.serving[untouched] == last.serving[untouched]).all()


def test_beams_fail_after_enough_instances_and_are_found_again():
    failures = BeamFailures(2)
    bad = np.array([-20.0, 10.0])
    connected = np.ones(2, dtype=bool)
    told = [failures.step(bad, connected) for _ in range(INSTANCES + RECOVERY_FRAMES)]
    assert [f.tolist() for f, _ in told[: INSTANCES - 1]] == [[False, False]] * (INSTANCES - 1)
    assert told[INSTANCES - 1][0].tolist() == [True, False]
    assert told[-1][1].tolist() == [True, False]
    single = BeamFailures(1)
    for number in range(40):  # one bad frame in four: the timer runs out in between
        sinr = np.array([-20.0 if number % 4 == 0 else 10.0])
        assert not single.step(sinr, np.ones(1, dtype=bool))[0].any()


@pytest.fixture
def network(tmp_path):
    site = Site(tmp_path / "site")
    init_keys(site)
    made = BeamNetworkService(site, beam_stage(), 4.0)
    yield made, site
    made.close()


def test_e2sm_llc_copies_reports_and_takes_orders(network):
    service, site = network
    assert isinstance(service, BeamNetwork)
    assert isinstance(service, MobileNetwork)
    function = LowerLayers(service, anybody(service), 5)
    offered = LLC.ran_function.decode(function.definition())
    assert [s.style_type for s in offered.reports] == [1]
    assert [(s.style_type, [a.id for a in s.actions]) for s in offered.controls] == [(2, [1])]
    wrong = Action(2, LLC.action_definition.encode(ActionDefinition(1, Copy(Information.SRS))))
    right = Action(1, LLC.action_definition.encode(COPY))
    admission = function.subscribe(LLC.event_trigger.encode(CSI), [right, wrong])
    assert set(admission.not_admitted) == {2}
    with pytest.raises(RanwrightError, match="CSI of all UEs"):
        function.subscribe(LLC.event_trigger.encode(PeriodicTrigger(100)), [right])
    stop = threading.Event()
    report = next(admission.reporter.reports(stop))
    stop.set()
    message = LLC.indication_message.decode(report.message)
    assert isinstance(message, InformationCopy)
    assert isinstance(message.information, Csi)

    orders = [BeamOrder(ue, 3, (1,)) for ue in range(service.gnb.ues)]
    outcome = LLC.control_outcome.decode(function.control(None, *beam_control(orders, SLOT)))
    (slot,) = outcome.slots
    assert {type(g.execution) for g in slot.grants} <= {FullyExecuted, NotFullyExecuted}
    assert len(slot.grants) == len(orders)
    for bad, code in (
        (BeamOrder(99, 1), "control.unknown_ue"),
        (BeamOrder(1, 40), "control.unknown_beam"),
        (BeamOrder(1, -5), "control.unknown_beam"),
        (BeamOrder(1, 3, (-9,)), "control.unknown_beam"),
    ):
        with pytest.raises(ControlFailureError) as failure:
            function.control(None, *beam_control([bad], SLOT))
        assert failure.value.reason.code == code
    governed = LowerLayers(service, the_actuator(site), 5)
    with pytest.raises(ControlFailureError) as failure:
        governed.control(None, *beam_control(orders, SLOT))
    assert failure.value.reason.code == "credential.missing"


def test_a_node_refuses_what_is_no_beam_and_serves_on(network):
    service, site = network
    ric = Ric()
    with attached(service, site, ric.listener.address, open_control=True):
        ric.set_up()

        def control(*orders: BeamOrder):
            header, message = beam_control(orders, SLOT)
            ack = ControlAckRequest.ACK
            return ric.ask(RicControlRequest(REQUEST, LLC_NUMBER, header, message, None, ack))

        for odd in (BeamOrder(1, 3, (-9,)), BeamOrder(1, -5)):
            failure = control(BeamOrder(0, 1, (2,)), odd)
            assert isinstance(failure, RicControlFailure)
            assert failure.cause == CauseRicRequest.CONTROL_FAILED_TO_EXECUTE
            assert service.gnb.ordered_ues == ()
        assert isinstance(control(BeamOrder(0, 1, (2,))), RicControlAcknowledge)
        ric.close()


def test_kpm_tells_of_every_ue_that_is_connected(network):
    service, _ = network
    stop = threading.Event()
    report = next(service.reports(100, stop))
    stop.set()
    assert report.period_ms == 100
    assert sum(c.connected_ues for c in report.cells) == len(report.ues) > 0
    assert all(ue.serving_cell in ue.rsrp_dbm and ue.dl_volume_mbit >= 0 for ue in report.ues)
    with pytest.raises(RanwrightError, match="whole frames"):
        next(service.reports(15, stop))
