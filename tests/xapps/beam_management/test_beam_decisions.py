"""Decisions about beams and handovers as properties, without E2."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xapps.beam_management
from contracts.e2.ap import IndicationType, RicIndication, RicRequestId
from contracts.e2.llc.beam_control import read_beam_control
from contracts.e2.llc.beam_sets import BEAMS, SETS, UeBeams, beams_of, write_csi
from contracts.e2.llc.codec import LLC
from contracts.e2.llc.indication import Csi, IndicationHeader, InformationCopy, UeCsi
from contracts.e2.llc.outcome import (
    ChannelOutcome,
    FullyExecuted,
    GrantOutcome,
    NotFullyExecuted,
    Scheduled,
    SlotOutcome,
)
from contracts.e2.llc.slots import Slot, SlotIndex, SlotTime
from contracts.e2.ntp import ntp_timestamp
from contracts.errors import RanwrightError
from xapps.beam_management import figures
from xapps.beam_management.columns import ALPHA_BETA, KALMAN, STEPS
from xapps.beam_management.handovers import HandoverWatch
from xapps.beam_management.manager import FORGET_MS, Manager, predictor_of
from xapps.beam_management.powers import BeamPowers
from xapps.beam_management.readings import read
from xapps.beam_management.session import REFUSAL_PAUSE_S, Session
from xapps.beam_management.settings import Settings
from xapps.beam_management.ue import Measure, Ue

HERE = Path(xapps.beam_management.__file__).parent
CONTROLS = json.loads((HERE / "config-file.json").read_text())["controls"]
SETTINGS = Settings.of(CONTROLS)
CELLS = (1, 2, 3)
TICK_MS = 80

dbm = st.floats(-140.0, -44.0)
narrow = st.sets(st.integers(0, SETS - 1), max_size=3).flatmap(
    lambda sets: st.fixed_dictionaries({b: dbm for s in sets for b in beams_of(s)})
)
reports = st.builds(
    UeBeams,
    ue_id=st.just(4),
    cell_id=st.sampled_from(CELLS),
    narrow=narrow,
    ssb=st.dictionaries(st.integers(0, SETS - 1), dbm, max_size=4),
    candidates=st.dictionaries(st.sampled_from(CELLS), st.tuples(st.integers(0, 7), dbm)),
)
histories = st.lists(st.tuples(st.integers(-50, 700), reports), max_size=30)


def with_controls(**changes) -> Settings:
    return Settings.of({**CONTROLS, **changes})


def test_its_controls_keep_their_schema():
    schema = json.loads((HERE / "schema.json").read_text())
    jsonschema.validate(CONTROLS, schema)
    for bad in ({"predictor": "oracle"}, {"forbidden_beams": [32]}, {"most_sets": 0}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(CONTROLS | bad, schema)


@settings(deadline=None)
@given(
    histories,
    st.sampled_from(["last", "alpha_beta", "kalman"]),
    st.sets(st.integers(0, BEAMS - 1), max_size=32),
)
def test_no_beam_outside_the_codebook_or_the_allowed_ones(history, predictor, forbidden):
    wanted = with_controls(predictor=predictor, forbidden_beams=sorted(forbidden))
    ue, at_ms = Ue(4, wanted, predictor_of(predictor)), 1000
    for gap_ms, report in history:
        at_ms += gap_ms
        order = ue.take(at_ms, report).order
        if order is not None:
            assert order.beam is None or order.beam in set(range(BEAMS)) - forbidden
            for number in order.sets:
                assert number in range(SETS)
                assert forbidden.isdisjoint(beams_of(number))


@settings(deadline=None)
@given(histories)
def test_what_is_known_stays_finite_and_uncertainty_positive(history):
    powers, at_ms = BeamPowers(1.2), 0
    for gap_ms, report in history:
        at_ms += gap_ms
        powers.take(at_ms, report)
        assert np.isfinite(powers.mean_dbm).all()
        assert (powers.variance > 0).all()
        assert powers.seen[list(report.narrow)].all()


def standing(best: int, ssb: bool = True) -> UeBeams:
    """All beams measured, one of them best."""
    power = {b: -90.0 - 3.0 * (b != best) for b in range(BEAMS)}
    wide = {s: -93.0 - 3.0 * (best not in beams_of(s)) for s in range(4)} if ssb else {}
    return UeBeams(4, 1, power, wide)


def test_it_sweeps_all_then_few_then_trusts_then_sweeps_all_when_surprised():
    ue = Ue(4, SETTINGS, None)
    first = ue.take(0, UeBeams(4, 1, ssb={0: -90.0, 1: -95.0}))
    assert (first.measure, first.order.beam) == (Measure.ALL, None)
    assert first.order.sets == tuple(range(SETS))
    answered = ue.take(30, standing(9, ssb=False))
    assert (answered.order.beam, answered.order.sets) == (9, ())
    measures = [ue.take(TICK_MS * n, standing(9)).measure for n in range(1, 30)]
    assert set(measures) <= {Measure.FEW, Measure.TRUST}
    assert Measure.TRUST in measures
    fallen = {b: -120.0 for b in beams_of(0)} | {9: -115.0}
    after = ue.take(TICK_MS * 30, UeBeams(4, 1, fallen, {0: -93.0}))
    assert after.measure is Measure.ALL


def test_a_ue_whose_powers_jump_about_is_the_gnb_s_own():
    random = np.random.default_rng(1)
    ue = Ue(4, SETTINGS, None)
    orders = []
    for n in range(60):
        power = dict(enumerate((-90.0 + 8.0 * random.standard_normal(BEAMS)).tolist()))
        orders.append(ue.take(TICK_MS * n, UeBeams(4, 1, power, {0: -93.0})).order)
    assert orders[0] is not None
    assert orders[-5:] == [None] * 5


def test_after_a_gap_or_in_another_cell_the_past_counts_no_more():
    for change in ({"at_ms": 2 * TICK_MS}, {"at_ms": 10_000}):
        ue = Ue(4, SETTINGS, None)
        ue.take(TICK_MS, standing(9))
        cell = 2 if change["at_ms"] < 1000 else 1
        later = ue.take(change["at_ms"], UeBeams(4, cell, ssb={0: -90.0}))
        assert (later.measure, later.order.beam) == (Measure.ALL, None)
    ue = Ue(4, SETTINGS, None)
    ue.take(TICK_MS, standing(9))
    assert ue.take(TICK_MS, standing(3)).order is None  # not later: changes nothing


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(CELLS), dbm, dbm, dbm), max_size=80))
def test_no_proposal_faster_than_the_guards(moments):
    rule = SETTINGS.handover
    watch = HandoverWatch(rule)
    cell = before = changed = proposed = None
    for number, (serving, *powers) in enumerate(moments):
        at_ms = number * TICK_MS
        by_cell = dict(zip(CELLS, powers, strict=True))
        if serving != cell:
            if cell is not None:
                before, changed = cell, at_ms
            cell = serving
        own = by_cell.pop(serving)
        intent = watch.take(at_ms, serving, own, by_cell)
        if intent is None:
            continue
        assert intent.target_cell != serving
        assert intent.target_rsrp_dbm >= intent.serving_rsrp_dbm + rule.hysteresis_db
        assert proposed is None or at_ms - proposed >= rule.repeat_ms
        if changed is not None:
            guard = rule.return_guard_ms if intent.target_cell == before else rule.guard_ms
            assert at_ms - changed >= guard
        proposed = at_ms


def test_a_neighbour_that_grows_while_the_cell_fades_is_proposed_in_time():
    watch = HandoverWatch(SETTINGS.handover)
    proposals = {}
    for n in range(40):
        serving, other = -80.0 - 0.8 * n, -100.0 + 0.8 * n
        if (intent := watch.take(TICK_MS * n, 1, serving, {2: other})) is not None:
            proposals[n] = (intent.target_cell, other - serving)
    first = min(proposals)
    assert proposals[first][0] == 2
    assert 0.0 <= proposals[first][1] < 8.0


def test_trackers_follow_a_lobe_that_moves_and_stay_inside():
    at = np.arange(8)
    for tracker in (ALPHA_BETA, KALMAN):
        rows = [-90.0 - 3.0 * np.abs(at - 0.5 * n) for n in range(STEPS)]
        assert tracker.forecast(np.array(rows), 0.08).column in (3, 4, 5)
        flat = np.full((STEPS, 8), -90.0)
        flat[:, 7] = -89.0
        assert tracker.forecast(flat, 0.08).column in range(8)


def test_the_shipped_network_answers_columns_drawn_out():
    network = predictor_of("network")
    at = np.arange(8)
    window = np.array([-90.0 - 3.0 * np.abs(at - 3.0 - 0.1 * n) for n in range(STEPS)])
    said = network.forecast(window, 0.08)
    assert said.column in (3, 4)
    assert said.familiarity is not None


def indication(*ues: UeCsi, at_ms: int = 800) -> RicIndication:
    time = SlotTime(Slot(80, SlotIndex(30, 0)), ntp_timestamp(at_ms * 1_000_000))
    return RicIndication(
        request_id=RicRequestId(1, 1),
        ran_function_id=5,
        action_id=1,
        type=IndicationType.REPORT,
        header=LLC.indication_header.encode(IndicationHeader(1)),
        message=LLC.indication_message.encode(InformationCopy(time, Csi(ues))),
    )


def test_strange_reports_leave_the_others():
    good = write_csi(standing(9), CELLS, gnb=1)
    foreign = write_csi(UeBeams(5, 77, ssb={0: -80.0}), CELLS, gnb=1)
    readings = read(indication(good, foreign), CELLS)
    assert (readings.at_ms, [u.ue_id for u in readings.ues]) == (800, [4])
    assert [f.code for f in readings.faults] == ["e2.llc.ue"]
    whole = indication(good)
    with pytest.raises(RanwrightError, match="bit"):
        read(RicIndication(**{**fields(whole), "message": whole.message[:-2]}), CELLS)


def fields(message: RicIndication) -> dict:
    return {name: getattr(message, name) for name in message.__dataclass_fields__}


def outcome_of(execution: FullyExecuted | NotFullyExecuted) -> bytes:
    slots = (SlotOutcome(Slot(80, SlotIndex(30, 0)), (GrantOutcome(1, execution),)),)
    return LLC.control_outcome.encode(Scheduled(bytes(8), 0, slots))


class Lab:
    """A session whose node may refuse, on a clock of its own."""

    def __init__(self, refuses: bool = False, **changes) -> None:
        self.now_s, self.refuses = 0.0, refuses
        self.controls, self.shared, self.published = [], [], []
        self.outcome: bytes | None = outcome_of(FullyExecuted())
        self.session = Session(
            "gnb",
            with_controls(**changes),
            self._control,
            lambda _ue, _cell: None,
            self.shared.append,
            self.published.append,
            lambda: self.now_s,
        )

    def _control(self, header: bytes, message: bytes) -> bytes | None:
        if self.refuses:
            raise RanwrightError("e2.no_route", "There is no way.", "Ask for one.")
        self.controls.append(read_beam_control(header, message)[1])
        return self.outcome

    def step(self, at_ms: int, ue_id: int = 4) -> None:
        csi = write_csi(replace(standing(9), ue_id=ue_id), CELLS, gnb=1)
        self.session.take(read(indication(csi, at_ms=at_ms), CELLS))
        self.now_s += TICK_MS / 1000.0


def test_it_controls_where_it_may_and_else_advises_and_says_so():
    lab = Lab(control=True)
    for n in range(1, 5):
        lab.step(n * TICK_MS)
    assert [orders[0].beam for orders in lab.controls] == [9] * 4
    assert lab.shared[-1]["mode"] == "control"
    quiet = Lab(control=False)
    quiet.step(TICK_MS)
    assert quiet.controls == []
    assert quiet.shared[-1] == {
        "kpm_time_ms": TICK_MS,
        "mode": "advice",
        "beams": {"4": 9},
        "proposals": [],
    }


def counts() -> list[float]:
    counters = (figures.ORDERED, figures.NOT_EXECUTED, figures.STRANGE)
    return [sample.value for c in counters for m in c.collect() for sample in m.samples[:1]]


def test_orders_count_as_the_node_says_that_it_carried_them_out():
    lab = Lab(control=True)
    lost = outcome_of(NotFullyExecuted((ChannelOutcome(4, 0, 1),)))
    cases = (
        (lab.outcome, [1, 0, 0]),
        (lost, [0, 1, 0]),
        (None, [0, 1, 0]),
        (b"\xff", [0, 1, 1]),
    )
    for n, (lab.outcome, grown) in enumerate(cases, 1):
        before = counts()
        lab.step(n * TICK_MS)
        assert [b - a for a, b in zip(before, counts(), strict=True)] == grown
    assert len(lab.controls) == len(cases)


def test_ues_that_are_gone_are_told_no_more():
    lab = Lab()
    for n in range(1, 301):
        lab.step(n * TICK_MS, ue_id=n)
    told = {int(ue) for ue in lab.shared[-1]["beams"]}
    last = lab.shared[-1]["kpm_time_ms"] // TICK_MS
    assert told == set(range(last - FORGET_MS // TICK_MS, last + 1))


def test_after_a_refusal_it_pauses_and_then_tries_again():
    lab = Lab(refuses=True, control=True)
    lab.step(TICK_MS)
    lab.refuses = False
    for n in range(2, 2 + int(1000 * REFUSAL_PAUSE_S / TICK_MS) - 1):
        lab.step(n * TICK_MS)
        assert lab.controls == []
    assert lab.shared[-1]["mode"] == "advice"
    lab.step(10_000)
    lab.step(10_000 + TICK_MS)
    assert lab.controls


def test_an_absent_network_leaves_the_kalman_filter(monkeypatch):
    def absent() -> None:
        raise RanwrightError("model.missing", "There is no model.", "Train one.")

    monkeypatch.setattr("xapps.beam_management.manager.BeamPredictor.load", absent)
    assert predictor_of("network") is KALMAN
    assert Manager("gnb", with_controls(predictor="network")).take(0, ()).orders == ()
