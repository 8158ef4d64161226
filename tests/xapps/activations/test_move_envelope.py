"""What an envelope lets through, and what a message must be to be a move."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import RanwrightError
from tests.xapps.activations.office import LEFT, domain, grid
from tests.xapps.activations.test_activation_conflicts import party
from xapps.actuator.activations.envelope import changes_of, why_outside
from xapps.actuator.activations.moves import read_move

PLAN = party("a" * 32, (1, 2)).plan.model_copy(
    update={"envelope": (domain(1), domain(2)), "max_total_power_mw": 52_000}
)
PRESENT = {c: LEFT[c] for c in (1, 2, 3)}


def code(wanted_mw: dict[int, int]) -> str | None:
    try:
        changes_of(PLAN, wanted_mw, PRESENT)
    except RanwrightError as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("wanted_mw", "expected"),
    [
        ({1: grid(1)[-1]}, None),
        ({1: grid(1)[0], 2: grid(2)[-1]}, None),
        ({1: LEFT[1]}, None),
        ({1: grid(1)[-1] + 1}, "move.outside_envelope"),
        ({1: grid(1)[0] - 1}, "move.outside_envelope"),
        ({1: 0}, "move.outside_envelope"),
        ({3: LEFT[3]}, "move.outside_envelope"),
        ({99: 1}, "move.outside_envelope"),
        ({1: grid(1)[-1] - 100}, "move.off_grid"),
        ({1: grid(1)[-1], 2: grid(2)[-1]}, "move.total_power"),
    ],
)
def test_a_move_is_inside_in_every_part_or_refused(
    wanted_mw: dict[int, int], expected: str | None
) -> None:
    assert code(wanted_mw) == expected


@given(st.dictionaries(st.integers(0, 4), st.integers(-1, 60_000), min_size=1))
def test_whatever_is_let_through_is_inside(wanted_mw: dict[int, int]) -> None:
    if code(wanted_mw) is None:
        changes = changes_of(PLAN, wanted_mw, PRESENT)
        after = PRESENT | {c.cell_id: c.to_mw for c in changes}
        assert why_outside(PLAN, after) is None
        assert all(c.from_mw == PRESENT[c.cell_id] != c.to_mw for c in changes)
        assert after[3] == PRESENT[3]


@given(st.sampled_from(grid(1)), st.sampled_from(grid(2)))
def test_the_whole_grid_is_open_up_to_the_total(one_mw: int, two_mw: int) -> None:
    expected = "move.total_power" if one_mw + two_mw > 52_000 else None
    assert code({1: one_mw, 2: two_mw}) == expected
    assert (why_outside(PLAN, {1: one_mw, 2: two_mw}) is None) == (expected is None)


@given(st.binary(max_size=100) | st.text().map(str.encode))
def test_octets_are_a_move_or_nothing(payload: bytes) -> None:
    assert read_move(payload) is None


@pytest.mark.parametrize("sequence", [-1, 2**63, 10**30, 1.5, "x", None])
def test_a_sequence_that_no_journal_can_hold_is_no_move(sequence: object) -> None:
    fields = {"activation_id": "a" * 32, "sequence": sequence, "tx_power_mw": {1: 5}}
    assert read_move(json.dumps(fields).encode()) is None


def test_a_move_ends_with_a_zero_in_some_frameworks() -> None:
    fields = {"activation_id": "a" * 32, "sequence": 1, "tx_power_mw": {1: 5}}
    found = read_move(json.dumps(fields).encode() + b"\0")
    assert found is not None
    assert found.tx_power_mw == {1: 5}
