"""Whatever befalls moves, requests, controls and the actuator itself: no power leaves its envelope,
and what has ended is at its base, for good.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.activation import Activation
from tests.xapps.activations.desk import Desk, WallClock
from tests.xapps.activations.office import LEFT, grid, make_site
from tests.xapps.world import World
from xapps.actuator.activations.envelope import why_outside

FATES = ["carried", "lost", "unheard", "late", "kill_before", "kill_after"]
CELLS = st.sets(st.sampled_from([1, 2, 3]), min_size=1, max_size=2).map(sorted)
POWERS = st.dictionaries(
    st.sampled_from([1, 2, 3]),
    st.integers(1, 10) | st.sampled_from([0, 41_000]),
    min_size=1,
    max_size=2,
)
"""By cell: a place on its grid, or a power outside."""
MOVES = st.tuples(st.just("move"), st.integers(0, 3), POWERS, st.sampled_from(FATES))
CREATE = st.tuples(st.just("create"), CELLS, st.integers(0, 2))
STEPS = st.one_of(
    MOVES,
    MOVES,
    MOVES,
    CREATE,
    st.tuples(st.just("again"), st.integers(0, 3), st.integers(0, 5)),
    st.tuples(st.just("delete"), st.integers(0, 3), st.sampled_from(FATES)),
    st.tuples(st.just("look"), st.sampled_from(FATES)),
    st.tuples(st.just("arrive")),
    st.tuples(st.just("kill")),
    st.tuples(st.just("wait"), st.integers(1, 200)),
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = make_site(tmp_path_factory.mktemp("site"))
    made.start_ledger()
    yield made
    made.close()


@pytest.fixture(scope="module")
def wall() -> Iterator[WallClock]:
    with pytest.MonkeyPatch.context() as patch:
        yield WallClock(patch)


@settings(max_examples=40)
@given(first=CREATE, steps=st.lists(STEPS, min_size=3, max_size=25))
def test_powers_stay_inside_and_return_to_their_base(
    world: World, wall: WallClock, first: Any, steps: list[Any]
) -> None:
    wall.ahead = timedelta()
    desk = Desk(world)
    try:
        for step in (first, *steps):
            take(desk, wall, step)
            require_inside(desk)
        bring_to_rest(desk)
        assert desk.plant.powers == LEFT
        assert all(row.over for row in desk.rows())
    finally:
        desk.close()


def take(desk: Desk, wall: WallClock, step: tuple[Any, ...]) -> None:
    match step:
        case ("create", cells, priority):
            beside = tuple(a.activation_id for a in desk.issued if desk.status(a) == "live")
            desk.create(cells=cells, priority=priority, beside=beside)
        case ("move", which, places, fate) if desk.issued:
            powers = {c: grid(c)[p] if 0 < p < 11 else p for c, p in places.items()}
            desk.between.fate = fate
            desk.move(chosen(desk, which).activation_id, powers)
        case ("again", which, sequence) if desk.issued:
            desk.move(chosen(desk, which).activation_id, {1: grid(1)[0]}, sequence)
        case ("delete", which, fate) if desk.issued:
            desk.between.fate = fate
            desk.delete(chosen(desk, which).activation_id)
        case ("look", fate):
            desk.between.fate = fate
            desk.look()
        case ("arrive",):
            desk.between.arrive()
        case ("kill",):
            desk.restart()
        case ("wait", seconds):
            wall.ahead += timedelta(seconds=seconds)
    desk.between.fate = "carried"


def chosen(desk: Desk, which: int) -> Activation:
    return desk.issued[-1 - which % len(desk.issued)]


def require_inside(desk: Desk) -> None:
    """Every cell is at its base, or inside the envelope of an activation that may move it."""
    present = desk.plant.powers
    open_to: dict[int, list[Activation]] = {}
    for activation in desk.issued:
        if desk.status(activation) in ("live", "ending", "suspended"):
            for domain in activation.plan.envelope:
                open_to.setdefault(domain.cell_id, []).append(activation)
    for cell, base_mw in LEFT.items():
        if present[cell] != base_mw:
            holders = open_to.get(cell, [])
            assert holders, f"cell {cell} is at {present[cell]} mW, and nobody holds it"
            alone = [one.plan.model_copy(update={"envelope": _only(one, cell)}) for one in holders]
            assert any(why_outside(plan, present) is None for plan in alone)


def _only(activation: Activation, cell: int) -> tuple[Any, ...]:
    return tuple(v for v in activation.plan.envelope if v.cell_id == cell)


def bring_to_rest(desk: Desk) -> None:
    """All deleted, nothing hurt any more; then what is late arrives, and again nothing moves."""
    for activation in desk.issued:
        desk.between.fate = "late"
        desk.move(
            activation.activation_id, {v.cell_id: v.upper_mw for v in activation.plan.envelope}
        )
    desk.between.fate = "carried"
    for activation in desk.issued:
        desk.delete(activation.activation_id)
    for _ in range(3):
        desk.look()
    assert desk.plant.powers == LEFT, [r.status for r in desk.rows()]
    desk.between.arrive()
