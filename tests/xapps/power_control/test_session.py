"""A node's session: when it moves, when not, and what it believes to be in force."""

from itertools import pairwise

import numpy as np
import pytest

from benchmarks.near_rt.papers import activation_of, envelope_around
from contracts.activation import MoveAnswer
from contracts.errors import RanwrightError
from contracts.keys import init_keys
from contracts.network import CellConfiguration
from contracts.plant_link import NodeInfo
from contracts.problem import Objective
from contracts.site import Site
from tools.near_rt.model import Radio
from xapps.power_control.readings import Readings
from xapps.power_control.session import STRANGE_BEFORE_BASE, Session
from xapps.power_control.settings import Settings

GRID = tuple(round(40_000 * 10 ** (-k / 20)) for k in range(30, -1, -1))
BASE = {1: GRID[-7], 2: GRID[-7], 3: GRID[-7]}
RADIO = Radio(-120.0, 3.0, 7.4, 0.14, 2.0)
SETTINGS = Settings(200, 5.0, 1_000, 0.01, 2.0, RADIO)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    made = Site(tmp_path_factory.mktemp("site"))
    init_keys(made)
    return made


def node(powers=None, version=0):
    return NodeInfo(
        node_name="gnb-x-12345678",
        scenario="x",
        scenario_digest="sha256:" + "0" * 64,
        kpm_time_ms=0,
        pace_factor=1.0,
        resource_version=version,
        cells=tuple(
            CellConfiguration(cell_id=c, configured_max_tx_power_mw=p, digital_tilt_decidegrees=0)
            for c, p in (powers or BASE).items()
        ),
    )


class Actuator:
    """Carries out what it is asked for, on a network in which cell 1 drowns the UEs of 2 and 3."""

    def __init__(self):
        self.powers, self.version, self.moves, self.code = dict(BASE), 0, [], None
        self.at_ms = 0

    def ask(self, move):
        self.moves.append(move)
        if isinstance(self.code, RanwrightError):
            raise self.code
        if self.code:
            return self._answer(move, self.code, None)
        self.powers |= move.tx_power_mw
        self.version += 1
        return self._answer(move, "move.carried_out", self.version)

    def _answer(self, move, code, version):
        return MoveAnswer(
            activation_id=move.activation_id,
            sequence=move.sequence,
            code=code,
            reason="",
            resource_version=version,
        )

    def readings(self, spoilt=False):
        self.at_ms += 200
        power_dbm = 10 * np.log10([self.powers[c] for c in (1, 2, 3)])
        of_1, of_2, of_3 = (
            (-90.0, -130.0, -130.0),
            (-112.0, -108.0, -130.0),
            (-112.0, -130.0, -108.0),
        )
        rsrp = np.array([of_1, of_2, of_1, of_3, of_1, of_3]) + power_dbm
        serving = np.array([1, 2, 1, 3, 1, 3])
        ids = np.arange(6)
        active = np.full(6, 200.0)
        if spoilt:
            rsrp[0, 0] = 40.0
        return Readings(self.at_ms, self.version, ids, serving, active, rsrp)


@pytest.fixture
def actuator():
    return Actuator()


@pytest.fixture
def live(site):
    envelope = envelope_around(node(), (1, 2, 3), GRID, 6, 0.5)
    changes = {"least_interval_ms": 1_000}
    return (activation_of(node(), envelope, site, Objective.LOW_PERCENTILE, **changes),)


def test_it_waits_for_its_memory_then_moves_and_keeps_to_the_interval(actuator, live):
    session = Session(node(), SETTINGS, actuator.ask)
    asked_ms = []
    for _ in range(40):
        before = len(actuator.moves)
        session.take(actuator.readings(), live)
        if len(actuator.moves) > before:
            asked_ms.append(actuator.at_ms)
    assert asked_ms[0] == 1_000
    assert all(b - a >= 1_000 for a, b in pairwise(asked_ms))
    sequences = [m.sequence for m in actuator.moves]
    assert sequences == sorted(set(sequences))
    assert actuator.powers[1] < BASE[1]
    assert sum(actuator.powers.values()) <= sum(BASE.values())
    assert set(actuator.powers.values()) <= set(GRID)


def test_a_refusal_makes_it_read_back_and_pause(actuator, live):
    session = Session(node(), SETTINGS, actuator.ask)
    actuator.code = "move.stale"
    while not actuator.moves:
        session.take(actuator.readings(), live)
    assert not session.knows(0)
    session.know(node())
    refused_ms = actuator.at_ms
    actuator.code = None
    while len(actuator.moves) < 2:
        session.take(actuator.readings(), live)
    assert actuator.at_ms - refused_ms >= 2_000


def test_no_answer_leaves_open_what_is_in_force(actuator, live):
    session = Session(node(), SETTINGS, actuator.ask)
    actuator.code = RanwrightError("move.unanswered", "none", "read back")
    while not actuator.moves:
        session.take(actuator.readings(), live)
    assert not session.knows(0)


def test_strange_reports_lead_back_to_the_base(actuator, live):
    session = Session(node(), SETTINGS, actuator.ask)
    while not actuator.moves:
        session.take(actuator.readings(), live)
    assert actuator.powers != BASE
    for _ in range(STRANGE_BEFORE_BASE + 5):
        session.take(actuator.readings(spoilt=True), live)
    assert actuator.powers == BASE
    asked = len(actuator.moves)
    session.take(actuator.readings(spoilt=True), live)
    assert len(actuator.moves) == asked


def test_without_an_activation_it_does_nothing(actuator):
    session = Session(node(), SETTINGS, actuator.ask)
    for _ in range(20):
        session.take(actuator.readings(), ())
    assert actuator.moves == []
