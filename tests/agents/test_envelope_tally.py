"""Counting misses of promises: undefined is missed, the gap stretches, corners are contradicted."""

import math

import pytest
import torch

from agents.verifier.activation.box import Box
from agents.verifier.activation.proof import prove
from agents.verifier.activation.tally import Look, PromiseTally
from contracts.activation import Promise
from contracts.gap import GapOutcome, GapRecord
from contracts.kpi import Kpi
from contracts.policy import GapRules
from contracts.requirement import Condition
from tests.agents.city import demand
from tests.agents.moving import OTHER, SCENARIO, acted
from twins.rollout import Twin

PROMISES = (
    Promise(
        requirement=demand(Kpi.UE_THP_DL_MEAN, change_percent=-10),
        origin="intent",
        before_in_kpi_unit=100.0,
    ),
    Promise(
        requirement=demand(Kpi.PEE_AVG_POWER, (1,), Condition.AT_MOST, 0),
        origin="intent",
        before_in_kpi_unit=300.0,
    ),
)


def column(*rows: tuple[float, float]) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def tally(*looks: Look, centre: torch.Tensor | None = None, stretch: float = 1.0) -> PromiseTally:
    made = PromiseTally(PROMISES, centre, stretch)
    for look in looks:
        made.add(look)
    return made


def test_a_roll_out_misses_once_whatever_it_misses() -> None:
    corner = column((95, 290), (89, 290), (89, 301), (math.nan, 290))
    counted = tally(Look(corner))
    assert (counted.rollouts, counted.missed) == (4, 3)
    assert [e.missed_rollouts for e in counted.evidence] == [3, 1]
    assert counted.interior_missed == counted.interior_outside == 0


def test_interior_points_count_and_contradict() -> None:
    corner = column((95, 290), (95, 290))
    interior = torch.stack([column((96, 280), (94, 280)), column((99, 285), (80, 310))], 1)
    counted = tally(Look(corner, interior))
    assert counted.missed == counted.interior_missed == 1  # 80 of 90 Mbit/s, in the second
    assert counted.interior_outside == 3  # 94 and 80 are below 95, 310 is above 290
    assert tally(Look(corner)).missed_with(Look(corner, interior)) == 1


def test_the_gap_moves_values_away_from_their_median() -> None:
    corner, centre = column((94, 290), (101, 299)), torch.tensor([97.0, 290.0])
    assert tally(Look(corner)).missed == 0
    assert tally(Look(corner), centre=centre, stretch=2.0).missed == 1  # 299 becomes 308 W
    assert tally(Look(corner), centre=centre.double(), stretch=3.0).missed == 2  # 94 becomes 88
    low = tally(Look(corner), centre=centre.double(), stretch=3.0).intervals[0]
    assert low.after_low == pytest.approx(88 + 0.05 * 21)


def test_the_proof_widens_by_what_plants_were_off() -> None:
    """Outcomes that were twice as far off as the roll-outs' interval."""
    plain = acted(-12.0).papers(2.0)
    present = Twin(SCENARIO, plain.snapshot).discrepancy(9)
    spread = [{k: v * (0.5 + n / 60.0) for k, v in present.items()} for n in range(60)]
    record = GapRecord(
        scenario_digest=SCENARIO.digest,
        code_digest=OTHER,
        stages=plain.policy.stages,
        settle_ms=0,
        watch_window_ms=1,
        report_ms=1,
        runtime={},
        outcomes=tuple(
            GapOutcome(seed=n, discrepancy=d, worst_residual=2.0) for n, d in enumerate(spread)
        ),
    )
    limited = GapRules(least_p_value=0.02, max_half_widths=4)
    forecast = plain.policy.forecast.model_copy(update={"gap": limited})
    policy = plain.policy.model_copy(update={"forecast": forecast})
    papers = acted(-12.0).papers(2.0, policy=policy, gap=record)
    proof = prove(papers, Box.of(papers.plan, ()), 9, None)
    assert [c.name for c in proof.checks] == [
        "gap.in_distribution",
        "gap.narrow_enough",
        "twin.envelope",
    ]
    assert proof.envelope is not None
    assert proof.bound is not None
    assert proof.envelope.stretch_factor == 2.0
    assert "2.00 times as far from their median" in proof.bound.conditional_on
    assert proof.bound.rollouts == 56  # and 56 more that say where the median lies
    assert proof.gap is not None
