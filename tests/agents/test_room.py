"""What promises leave, on a real twin of the munich scenario: it fits, is proven, or is refused."""

import pytest

from agents.papers import EnvelopeRoom
from agents.room import Room
from agents.verifier.activation.box import Box
from agents.verifier.activation.lawful import check_lawful
from agents.verifier.activation.verify import verify_activation
from contracts.kpi import Kpi
from tests.agents.moving import SCENARIO, Acted, acted
from twins.rollout import Twin

WIDE_DB = 2.0


@pytest.fixture(scope="module")
def after() -> Acted:
    """Cell 1 may lose a sixth of its mean throughput: too little for all that is asked for."""
    return acted(-18.0)


@pytest.fixture(scope="module")
def heard() -> list[float]:
    return []


@pytest.fixture(scope="module")
def room(after, heard) -> Room:
    return Room(after.papers(WIDE_DB), heard.append)


@pytest.fixture(scope="module")
def fitting(room) -> EnvelopeRoom:
    return room.fit(1.0)


def test_what_fits_is_proven_at_once(after, fitting) -> None:
    """The widest plan is refused (tests of the proof); the one that fits passes."""
    assert fitting.plan is not None
    verdict = verify_activation(after.papers_of(fitting.plan), 1)
    assert verdict.passed, verdict.reasons


def test_what_fits_is_lawful_and_inside_of_what_was_asked_for(after, fitting) -> None:
    papers = after.papers_of(fitting.plan)
    assert all(c.passed for c in check_lawful(papers))
    widest, box = Box.of(after.papers(WIDE_DB).plan, ()), Box.of(fitting.plan, ())
    assert all(widest.lower_mw[c] <= mw for c, mw in box.lower_mw.items())
    assert all(widest.upper_mw[c] >= mw for c, mw in box.upper_mw.items())
    assert box != widest
    assert all(v.lower_mw < v.upper_mw for v in fitting.plan.envelope)


def test_nobody_is_handed_over_inside(after, fitting) -> None:
    box, twin = Box.of(fitting.plan, ()), Twin(SCENARIO, after.now)
    points = [*box.corners(), *box.interior(32, "handovers", SCENARIO.equipment.grid_mw())]
    present = twin.roll_out({}, 8, 4, 100).after.serving
    for path in points:
        stages = [(path.come_from_mw, 100), (path.setting_mw, 100)]
        assert (twin.roll_out_stages(stages, 8, 4, 100)[-1].after.serving == present).all()


def test_a_smaller_share_gives_no_more(after, room, fitting) -> None:
    assert room.fit(1.0) == fitting
    less = room.fit(0.2).plan
    if less is not None:
        assert width(less) <= width(fitting.plan)
    assert room.fit(-1.0).plan is None


def width(plan) -> int:
    grid = SCENARIO.equipment.grid_mw()
    return sum(grid.index(v.upper_mw) - grid.index(v.lower_mw) for v in plan.envelope)


def test_progress_rises_to_the_end(room, heard) -> None:
    assert room
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


def test_where_nothing_fits_the_promise_is_named() -> None:
    """Cell 1 promised more than one step down has left it."""
    tight = acted(5.0)
    found = Room(tight.papers(0.5)).fit(1.0)
    assert found.plan is None
    assert found.limited_by.requirement.kpi is Kpi.UE_THP_DL_MEAN
    assert found.limited_by.left_in_kpi_unit < 0.0
    assert found.limited_by in found.promises
