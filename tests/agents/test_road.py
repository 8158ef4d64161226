"""Sentences of the four families go down the whole road, on a site with real processes."""

import pytest

from contracts.decision import Outcome
from contracts.errors import ExitCode, RanwrightError
from contracts.keys import load_trust
from contracts.kpi import Kpi
from contracts.ledger.audit import verify_ledger
from contracts.record import RecordKind

ENDS_AT_ONCE = [
    ("make it faster", Outcome.CLARIFICATION_NEEDED, "intent.ambiguous"),
    ("Lift the throughput of cells 1-3", Outcome.CLARIFICATION_NEEDED, "intent.missing_amount"),
    ("Lift the throughput of cell 42 by 10 %", Outcome.REFUSED, "intent.unknown_cell"),
    ("Order a pizza", Outcome.REFUSED, "intent.out_of_scope"),
    (
        "Raise the mean throughput of cells 1-3 by 10 % and lower the mean throughput of cells "
        "1-3 by 10 %",
        Outcome.REFUSED,
        "intent.contradictory",
    ),
]
"""Sentences that never reach the network."""

HOLDS_ALREADY = [
    # power caps, in the units that people use
    "Keep total power at most 500 W",
    "Keep the total power of cells 1-3 at most 52 dBm",
    "Keep the power of cell 1 at most 46.1 dBm",
    # throughput levels, in bits and in bytes
    "Keep the mean throughput of all cells at least 0.1 Mbit/s",
    "Keep the mean throughput of all cells at least 0.01 MB/s",
    "Keep the mean throughput of all cells no worse than 5 % below now",
    # coverage
    "Keep the share of UEs with weak RSRP in cells 1-3 at most 5 %",
]
"""Sentences that the network obeys as it starts: nothing is changed, and that is said."""


@pytest.mark.parametrize(("sentence", "outcome", "code"), ENDS_AT_ONCE)
def test_sentences_that_end_at_once(town, sentence, outcome, code):
    version = town.version()
    decision = town.run(sentence)
    assert (decision.outcome, decision.code) == (outcome, code)
    assert decision.remedy
    assert decision.changes == decision.comparisons == ()
    assert town.version() == version
    (kept,) = town.records(decision.trace_id, RecordKind.DECISION)
    assert kept.content["code"] == code


@pytest.mark.parametrize("sentence", HOLDS_ALREADY)
def test_what_holds_already_changes_nothing(town, sentence):
    version = town.version()
    decision = town.run(sentence)
    assert (decision.outcome, decision.code) == (
        Outcome.ALREADY_FULFILLED,
        "intent.already_fulfilled",
    )
    assert decision.outcome.exit_code is ExitCode.FULFILLED
    assert decision.changes == ()
    assert decision.comparisons
    assert all(c.measured is None for c in decision.comparisons)
    assert town.version() == version


ACTS = [
    ("Cut energy use of all cells by 1 %", Kpi.PEE_AVG_POWER),
    ("Reduce the total power to at most 99 % of now", Kpi.TX_POWER_TOTAL),
]


@pytest.mark.parametrize(("sentence", "kpi"), ACTS)
def test_energy_savings_and_power_caps_act(town, sentence, kpi):
    version, before_mw = town.version(), town.powers_mw()
    decision = town.run(sentence)
    assert (decision.outcome, decision.code) == (Outcome.FULFILLED, "effect.confirmed")
    goal = decision.comparisons[0]
    assert goal.kpi is kpi
    assert goal.requirement.origin == "intent"
    assert goal.measured is not None
    assert goal.measured <= goal.threshold < goal.before
    assert all(c.met for c in decision.comparisons)
    assert all(check.passed for check in decision.checks)
    assert decision.bound is not None
    assert decision.bound.probability_bound <= decision.bound.allowed_probability
    assert decision.approved_by == "policy:munich-default"
    assert decision.forecast is not None
    assert town.version() == version + len(decision.forecast.stages)
    assert town.powers_mw() == before_mw | {c.cell_id: c.to_mw for c in decision.changes}
    assert all(before_mw[c.cell_id] == c.from_mw for c in decision.changes)


def test_every_trace_stands_in_one_ledger_that_verifies(town):
    town.run("make it faster")
    audit = verify_ledger(town.site.ledger, town.site.objects, load_trust(town.site))
    assert audit.ok, audit.problems


@pytest.mark.parametrize("content", [None, b"", b"policy_id: open"])
def test_without_a_valid_policy_nothing_is_done(town, content):
    kept, version = town.site.policy.read_bytes(), town.version()
    try:
        town.site.policy.unlink()
        if content is not None:
            town.site.policy.write_bytes(content)
        decision = town.run("Cut energy use of all cells by 1 %")
    finally:
        town.site.policy.write_bytes(kept)
    code = "policy.missing" if content is None else "policy.malformed"
    assert (decision.outcome, decision.code) == (Outcome.REFUSED, code)
    assert decision.outcome.exit_code is ExitCode.REFUSED
    assert not town.records(decision.trace_id, RecordKind.CERTIFICATE)
    assert town.version() == version


@pytest.mark.parametrize("method", ["resume", "undo", "approve", "deny"])
def test_an_unknown_trace_is_a_usage_error(town, method):
    service = town.service()
    calls = {
        "resume": lambda: service.resume("0" * 16, lambda *_: None),
        "undo": lambda: service.undo("0" * 16),
        "approve": lambda: service.approve("0" * 16, "approved", lambda *_: None),
        "deny": lambda: service.approve("0" * 16, "denied", lambda *_: None),
    }
    with pytest.raises(RanwrightError) as caught:
        calls[method]()
    assert caught.value.exit_code is ExitCode.USAGE
    assert caught.value.code in ("trace.unknown", "approval.not_waiting")


def test_what_changed_nothing_cannot_be_undone(town):
    decision = town.run("make it faster")
    with pytest.raises(RanwrightError) as caught:
        town.service().undo(decision.trace_id)
    assert caught.value.code == "undo.nothing_to_undo"
