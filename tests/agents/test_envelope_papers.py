"""Papers of an activation: proposals stay inside the policy, and each mutation is refused."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.envelope import narrowed
from agents.verifier.activation.box import Box
from agents.verifier.activation.lawful import check_lawful, half_width_db
from agents.verifier.activation.physical import check_physical, total_power_w
from agents.verifier.activation.verify import verify_activation
from contracts.kpi import Kpi
from contracts.problem import PowerVariable
from contracts.units import mw_to_w
from tests.agents.city import FULL_MW
from tests.agents.moving import HOLDER, OTHER, SCENARIO, Acted, acted

GRID_MW = SCENARIO.equipment.grid_mw()


@pytest.fixture(scope="module")
def after() -> Acted:
    return acted(-25.0)


@pytest.fixture(scope="module")
def plan(after):
    return after.papers(0.5).plan


def failed(checks) -> set[str]:
    return {c.name for c in checks if not c.passed}


def test_honest_papers_pass_every_check(after, plan) -> None:
    checks = check_lawful(after.papers_of(plan))
    assert failed(checks) == set()
    assert len(checks) == len({c.name for c in checks}) == 10
    assert all(c.reason for c in checks)


def moved(plan, **changes):
    """The plan with its first cell's variable changed, unchecked."""
    first, *others = plan.envelope
    return {"envelope": (first.model_copy(update=changes), *others)}


def promised(plan, **changes):
    first, *others = plan.promises
    return {"promises": (first.model_copy(update=changes), *others)}


MUTATIONS = {
    "another certificate": lambda p: {"certificate_id": f"{8:032x}"},
    "another snapshot": lambda p: {"snapshot_digest": OTHER},
    "another node": lambda p: {"node_name": "another"},
    "another holder": lambda p: {"holder": HOLDER.model_copy(update={"name": "stranger"})},
    "unknown objective cells": lambda p: {"objective_cells": (99,)},
    "a cell that does not move from now": lambda p: moved(p, current_mw=FULL_MW),
    "a cell that the policy keeps": lambda p: moved(p, cell_id=4),
    "an unknown cell": lambda p: moved(p, cell_id=42),
    "below the equipment": lambda p: moved(p, lower_mw=1),
    "above the equipment": lambda p: moved(p, upper_mw=80_000),
    "off the grid": lambda p: moved(p, lower_mw=GRID_MW[-4] + 1),
    "finer steps": lambda p: moved(p, step_db=0.1),
    "too wide": lambda p: moved(p, lower_mw=GRID_MW[0]),
    "nothing to move": lambda p: {
        "envelope": tuple(
            v.model_copy(update={"lower_mw": v.current_mw, "upper_mw": v.current_mw})
            for v in p.envelope
        )
    },
    "one promise less": lambda p: {"promises": p.promises[1:]},
    "promises in another order": lambda p: {"promises": p.promises[::-1]},
    "another baseline": lambda p: promised(p, before_in_kpi_unit=1.0),
    "another origin": lambda p: promised(p, origin="guard_rail:other"),
    "weaker thresholds": lambda p: {
        "thresholds": p.thresholds.model_copy(update={"weak_rsrp_dbm": -130.0})
    },
    "moves too often": lambda p: {"least_interval_ms": 100},
    "another window": lambda p: {"watch_window_ms": p.watch_window_ms * 2},
    "for too long": lambda p: {"validity_s": 601},
    "beside what is not live": lambda p: {"beside": (f"{9:032x}",)},
}


@pytest.mark.parametrize("change", MUTATIONS.values(), ids=MUTATIONS)
def test_each_mutation_of_the_plan_is_refused_before_any_roll_out(after, plan, change) -> None:
    mutant = plan.model_copy(update=change(plan))
    verdict = verify_activation(after.papers_of(mutant), 1, _never)
    assert not verdict.passed
    assert verdict.bound is None


def test_every_field_of_a_plan_is_covered(plan) -> None:
    """What no check reads cannot do harm: the objective, the rank, and a total that only limits."""
    mutated = {name for change in MUTATIONS.values() for name in change(plan)}
    harmless = {"objective", "priority", "max_total_power_mw"}
    assert mutated | harmless == set(type(plan).model_fields)


SIGNED = {
    "rolled back": ("receipt", {"status": "rolled_back"}, "lawful.fulfilled"),
    "receipt of another plan": ("receipt", {"plan_digest": OTHER}, "lawful.same_papers"),
    "receipt of another trace": ("receipt", {"trace_id": "x"}, "lawful.same_papers"),
    "under another policy": ("certificate", {"policy_digest": OTHER}, "lawful.same_papers"),
    "on another node": ("certificate", {"node_name": "x"}, "lawful.same_papers"),
    "on another scenario": ("certificate", {"scenario_digest": OTHER}, "lawful.same_papers"),
}


@pytest.mark.parametrize(("name", "changes", "check"), SIGNED.values(), ids=SIGNED)
def test_other_signed_papers_are_refused(after, plan, name, changes, check) -> None:
    papers = after.papers_of(plan)
    other = getattr(papers, name).model_copy(update=changes)
    assert failed(check_lawful(replace(papers, **{name: other}))) == {check}


def test_a_network_that_was_changed_since_is_refused(after, plan) -> None:
    """Cell 9 is not in the envelope, and not as the action left it."""
    cells = list(after.now.cells)
    configuration = cells[8].configuration.model_copy(
        update={"configured_max_tx_power_mw": GRID_MW[-2]}
    )
    cells[8] = cells[8].model_copy(update={"configuration": configuration})
    now = after.now.model_copy(update={"cells": tuple(cells)})
    papers = after.papers_of(plan.model_copy(update={"snapshot_digest": now.digest}))
    observation = papers.observation.model_copy(update={"snapshot": now})
    assert failed(check_lawful(replace(papers, observation=observation))) == {
        "lawful.starts_from_now"
    }


def test_a_lost_ue_is_refused(after, plan) -> None:
    now = after.now.model_copy(update={"ues": after.now.ues[1:]})
    papers = after.papers_of(plan.model_copy(update={"snapshot_digest": now.digest}))
    papers = replace(papers, observation=papers.observation.model_copy(update={"snapshot": now}))
    verdict = verify_activation(papers, 1, _never)
    assert "twin.same_network" in failed(verdict.checks)


def test_others_beside_must_be_named_few_and_of_the_same_action(after, plan) -> None:
    other = after.activation(plan, 3)
    beside = plan.model_copy(update={"beside": (other.activation_id,)})
    papers = after.papers_of(beside, beside=(other,))
    assert failed(check_lawful(papers)) == set()
    stranger = other.model_copy(
        update={"plan": plan.model_copy(update={"certificate_id": f"{8:032x}"})}
    )
    for wrong in ((stranger,), (other, other), (after.activation(plan, 4),)):
        assert failed(check_lawful(replace(papers, beside=wrong))) == {"lawful.beside"}
    third = after.activation(plan, 4)
    crowd = plan.model_copy(update={"beside": (other.activation_id, third.activation_id)})
    papers = after.papers_of(crowd, beside=(other, third))
    assert failed(check_lawful(papers)) == {"lawful.beside"}


def test_what_moves_beside_widens_the_box(after, plan) -> None:
    theirs = PowerVariable(
        cell_id=9, current_mw=FULL_MW, lower_mw=GRID_MW[-3], upper_mw=FULL_MW, step_db=0.5
    )
    other = after.activation(plan.model_copy(update={"envelope": (theirs,)}))
    box = Box.of(plan, (other,))
    assert set(box.lower_mw) == {1, 2, 9}
    assert box.lower_mw[9] == GRID_MW[-3]
    assert len(box.corners()) == 5


def test_the_total_bounds_what_power_can_come_to(after, plan) -> None:
    papers = after.papers_of(plan)
    box = Box.of(plan, ())
    promise = next(p for p in plan.promises if p.requirement.kpi is Kpi.TX_POWER_TOTAL)
    assert failed(check_physical(papers, box)) == set()
    assert total_power_w(promise, papers, box) == 360.0
    more = plan.model_copy(update={"max_total_power_mw": 2 * FULL_MW + 10_000})
    assert total_power_w(promise, after.papers_of(more), box) == 360.0  # both cells at their upper
    raised = after.papers_of(plan).plan.model_copy(
        update={
            "envelope": tuple(v.model_copy(update={"upper_mw": 50_000}) for v in plan.envelope),
            "max_total_power_mw": 90_000,
        }
    )
    papers = after.papers_of(raised)
    assert failed(check_physical(papers, Box.of(raised, ()))) == {"physical.power"}


def test_a_ue_that_would_fall_out_of_coverage_is_named(after, plan) -> None:
    weakest = min(after.now.ues, key=lambda ue: ue.serving_rsrp_dbm)
    heard = {c: -119.9 for c in weakest.rsrp_dbm if c in (1, 2)} or {1: -119.9}
    edge = weakest.model_copy(update={"rsrp_dbm": heard, "serving_cell": min(heard)})
    ues = tuple(edge if ue.ue_id == edge.ue_id else ue for ue in after.now.ues)
    now = after.now.model_copy(update={"ues": ues})
    papers = after.papers_of(plan)
    papers = replace(papers, observation=papers.observation.model_copy(update={"snapshot": now}))
    (check,) = [c for c in check_physical(papers, Box.of(plan, ())) if not c.passed]
    assert check.name == "physical.coverage"
    assert f"[{edge.ue_id}]" in check.reason


@settings(deadline=None, max_examples=20)
@given(
    half_width=st.floats(0.05, 12.0),
    priority=st.integers(0, 100),
    kept=st.sets(st.sampled_from([1, 2]), min_size=1),
    data=st.data(),
)
def test_proposals_are_lawful_however_they_are_narrowed(
    after, half_width, priority, kept, data
) -> None:
    widest = after.proposal(priority=priority).widest(half_width)
    assert [v.cell_id for v in widest.envelope] == [1, 2]
    assert max(half_width_db(v) for v in widest.envelope) <= max(0.5, min(half_width, 2.0)) + 0.01
    grids = {v.cell_id: [mw for mw in GRID_MW if v.lower_mw <= mw] for v in widest.envelope}
    envelope = [
        v.model_copy(
            update={"lower_mw": data.draw(st.sampled_from([*grids[v.cell_id], v.current_mw]))}
        )
        for v in widest.envelope
        if v.cell_id in kept
    ]
    envelope = [v for v in envelope if v.lower_mw < v.current_mw]
    plan = narrowed(widest, envelope, after.now) if envelope else widest
    assert failed(check_lawful(after.papers_of(plan))) == set()
    assert plan.priority == priority
    assert failed(check_physical(after.papers_of(plan), Box.of(plan, ()))) == set()


def test_a_proposal_leaves_what_others_move(after, plan) -> None:
    only_one = plan.model_copy(update={"envelope": plan.envelope[:1]})
    other = after.activation(only_one)
    mine = after.proposal(beside=(other,)).widest(0.5)
    assert plan.envelope[0].cell_id not in [v.cell_id for v in mine.envelope]
    assert mine.beside == (other.activation_id,)


def test_a_total_promised_is_a_total_kept(after) -> None:
    """The action lowered cell 1; what it saved may be spent again, and no more."""
    plan = after.proposal().widest(2.0)
    before_w = mw_to_w(sum(after.certificate.baseline.tx_power_mw.values()))
    elsewhere = sum(
        mw for c, mw in after.now.tx_power_mw.items() if c not in {v.cell_id for v in plan.envelope}
    )
    assert mw_to_w(plan.max_total_power_mw + elsewhere) <= before_w


def _never(_done: int, _of: int) -> None:
    raise AssertionError("the twin was asked")
