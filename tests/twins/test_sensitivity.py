"""Every knob moves what it should, and leaves alone what it should not: the table is the test."""

import pytest

from twins.dynamics.sensitivity import TRIALS, Sensitivity, sensitivity
from twins.scenario import load_scenario


@pytest.fixture(scope="module")
def table() -> tuple[Sensitivity, ...]:
    return sensitivity(load_scenario("munich"))


def test_every_claim_of_every_knob_is_shown(table: tuple[Sensitivity, ...]) -> None:
    missed = [
        f"{r.turn}: {r.name} ({r.scope}) {r.expected}, p {r.p_value:g}"
        for r in table
        if not r.shown
    ]
    assert not missed, "\n".join(missed)
    assert len(table) == sum(len(t.rises) + len(t.falls) + len(t.keeps) for t in TRIALS)


def test_the_opposite_claims_are_not_shown(table: tuple[Sensitivity, ...]) -> None:
    """The test can fail: what rises is not found to fall."""
    for row in table:
        if row.expected != "keeps":
            grew = row.after > row.before
            assert grew is (row.expected == "rises")
            assert row.p_value < 0.5
