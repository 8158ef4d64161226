"""Conflicts between activations, by their papers alone."""

from hypothesis import given
from hypothesis import strategies as st

from contracts.activation import ActivationPlan, Holder, Promise
from contracts.kpi import Kpi
from contracts.measure import Thresholds
from contracts.problem import Objective, PowerVariable
from contracts.requirement import Condition, RelativeChange, Requirement
from xapps.actuator.activations.conflicts import Party, decide, may_return

NAMES = ["a" * 32, "b" * 32, "c" * 32, "d" * 32]


def party(
    name: str,
    cells: tuple[int, ...],
    kpi: Kpi = Kpi.UE_THP_DL_MEAN,
    promised: tuple[int, ...] = (1,),
    priority: int = 50,
    beside: tuple[str, ...] = (),
) -> Party:
    requirement = Requirement(
        kpi=kpi,
        cells=promised,
        condition=Condition.AT_LEAST,
        bound=RelativeChange(change_percent=0)
        if kpi is not Kpi.COVERAGE_LOSS_RATIO
        else {"kind": "ratio", "threshold_percent": 0},
    )
    plan = ActivationPlan(
        certificate_id="0" * 32,
        snapshot_digest="sha256:" + "0" * 64,
        node_name="plain-00000000",
        holder=Holder(name="power", version="1", package_digest="sha256:" + "0" * 64),
        objective=Objective.MEAN_THROUGHPUT,
        objective_cells=promised,
        envelope=tuple(
            PowerVariable(cell_id=c, current_mw=10, lower_mw=5, upper_mw=20, step_db=1.0)
            for c in sorted(cells)
        ),
        max_total_power_mw=10_000,
        promises=(Promise(requirement=requirement, origin="intent", before_in_kpi_unit=1.0),),
        thresholds=Thresholds(weak_rsrp_dbm=-110, low_sinr_db=0),
        least_interval_ms=200,
        watch_window_ms=1000,
        priority=priority,
        validity_s=60,
        beside=beside,
    )
    return Party(name, plan)


def test_a_cell_that_both_set_is_a_direct_conflict_and_no_proof_settles_it() -> None:
    older = party(NAMES[0], (1, 2))
    decision = decide(party(NAMES[1], (2, 3), beside=(NAMES[0],)), [older])
    refusal = decision.refusal
    assert refusal is not None
    assert (refusal.conflict.kind, refusal.conflict.cells) == ("direct", (2,))
    assert "NRSectorCarrier.configuredMaxTxPower of cells 2" in refusal.explanation
    assert "priority 50 against 50; who was first stays" in refusal.explanation


def test_power_that_moves_a_promised_kpi_of_other_cells_is_an_indirect_conflict() -> None:
    older = party(NAMES[0], (1, 2, 3), promised=(1, 2, 3))
    decision = decide(party(NAMES[1], (4,), promised=(4,)), [older])
    refusal = decision.refusal
    assert refusal is not None
    assert refusal.conflict.kind == "indirect"
    assert refusal.conflict.kpi == "DRB.UEThpDl.Mean"
    said = "of cells 4, which activation bbbbbbbb may set, moves mean throughput of cells 1-3"
    assert said in refusal.explanation


def test_a_proof_beside_the_other_settles_an_indirect_conflict_and_the_ledger_hears_why() -> None:
    older = party(NAMES[0], (1,), promised=(1,))
    decision = decide(party(NAMES[1], (4,), promised=(4,), beside=(NAMES[0],)), [older])
    assert decision.refusal is None
    assert not decision.suspended
    assert {r.outcome for r in decision.rulings} == {"proven"}
    assert {r.conflict.kind for r in decision.rulings} == {"indirect"}


def test_what_the_dictionary_does_not_link_is_left_to_the_proof() -> None:
    coverage = Kpi.COVERAGE_LOSS_RATIO
    older = party(NAMES[0], (1,), coverage, (1,))
    unproven = decide(party(NAMES[1], (4,), coverage, (4,)), [older]).refusal
    assert unproven is not None
    assert unproven.conflict.kind == "implicit"
    proven = decide(party(NAMES[1], (4,), coverage, (4,), beside=(NAMES[0],)), [older])
    assert not proven.rulings


def test_a_proof_beside_what_is_not_live_does_not_count() -> None:
    refusal = decide(party(NAMES[1], (4,), beside=(NAMES[2],)), []).refusal
    assert refusal is not None
    assert (refusal.conflict.kind, refusal.conflict.other) == ("implicit", NAMES[2])


def test_a_higher_priority_suspends_and_returns_the_cells_afterwards() -> None:
    older, newer = party(NAMES[0], (1,)), party(NAMES[1], (1, 2), priority=51)
    decision = decide(newer, [older])
    assert decision.refusal is None
    assert decision.suspended == (NAMES[0],)
    assert "goes on (priority 51 against 50; its cells go to their base" in str(decision.rulings)
    assert not may_return(older, [newer])
    assert may_return(older, [])


CELLS = st.sets(st.integers(1, 6), min_size=1, max_size=3).map(lambda s: tuple(sorted(s)))


@st.composite
def parties(draw: st.DrawFn) -> list[Party]:
    """Some that are live together, and a newcomer at the end."""
    names = NAMES[: draw(st.integers(1, len(NAMES)))]
    return [
        party(
            name,
            draw(CELLS),
            draw(st.sampled_from([Kpi.UE_THP_DL_MEAN, Kpi.PEE_AVG_POWER])),
            draw(CELLS),
            draw(st.integers(0, 3)),
            tuple(draw(st.sets(st.sampled_from(NAMES[: index + 1])))) if index else (),
        )
        for index, name in enumerate(names)
    ]


@given(parties(), st.randoms())
def test_decisions_do_not_depend_on_order_and_leave_no_conflict(
    drawn: list[Party], random: object
) -> None:
    *live, newcomer = drawn
    decision = decide(newcomer, live)
    shuffled = list(live)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    again = decide(newcomer, shuffled)
    assert set(again.suspended) == set(decision.suspended)
    assert (again.refusal is None) == (decision.refusal is None)
    by_name = {p.activation_id: p for p in live}
    for name in decision.suspended:
        assert newcomer.plan.priority > by_name[name].plan.priority
    if decision.refusal is None:
        left = [p for p in live if p.activation_id not in decision.suspended]
        assert {p.activation_id for p in left} <= set(newcomer.plan.beside)
        cells = {v.cell_id for v in newcomer.plan.envelope}
        assert all(cells.isdisjoint(v.cell_id for v in p.plan.envelope) for p in left)


@given(parties())
def test_a_refusal_is_never_the_fault_of_a_lower_priority_alone(drawn: list[Party]) -> None:
    *live, newcomer = drawn
    priorities = {p.activation_id: p.plan.priority for p in live}
    for ruling in decide(newcomer, live).rulings:
        if ruling.outcome == "refused" and ruling.conflict.other in priorities:
            assert priorities[ruling.conflict.other] >= newcomer.plan.priority
        assert ruling.explanation.endswith(".")
