"""The actuator and the simulated plant of the munich scenario: the whole flow, over the link."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from contracts.kpi import Kpi
from contracts.network import NetworkSnapshot
from contracts.problem import PowerVariable, SourcedRequirement
from contracts.requirement import Condition, RelativeChange, Requirement
from tests.xapps.world import (
    POLICY,
    World,
    make_certificate,
    make_plan,
    make_requirements,
    make_stages,
    receipt_of,
    sign_certificate,
)

TOP_MW, ONE_DB_LESS_MW, THREE_DB_LESS_MW = 40_000, 31_773, 20_047
PLANT = ("-m", "twins.plant", "--scenario", "munich", "--seed", "1", "--pace", "100")


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World.make(tmp_path_factory.mktemp("site"))
    timing = {"watch_window_ms": 5000, "effect_deadline_ms": 600_000, "silence_timeout_s": 20.0}
    made.site.policy.write_text(
        yaml.safe_dump(
            {
                **POLICY,
                "thresholds": {"weak_rsrp_dbm": -140, "low_sinr_db": 0},
                "certificate": {**POLICY["certificate"], **timing},
            }
        )
    )
    made.start_ledger()
    made.start_plant(PLANT)
    made.start_actuator()
    yield made
    made.close()


def certificate(world: World, snapshot: NetworkSnapshot, to_mw: int, step_db: float) -> Any:
    """Less power on cells 1 and 2, which must show in the total."""
    goal = Requirement(
        kpi=Kpi.TX_POWER_TOTAL,
        cells=(1, 2, 3),
        condition=Condition.AT_MOST,
        bound=RelativeChange(change_percent=-10),
    )
    envelope = tuple(
        PowerVariable(
            cell_id=c,
            current_mw=TOP_MW,
            lower_mw=THREE_DB_LESS_MW,
            upper_mw=TOP_MW,
            step_db=step_db,
        )
        for c in (1, 2)
    )
    plan = make_plan(snapshot, {1: to_mw, 2: to_mw})
    requirements = (SourcedRequirement(requirement=goal, origin="intent"), make_requirements()[1])
    stages = make_stages(plan, requirements, world.policy())
    return make_certificate(
        world,
        snapshot,
        plan=plan,
        requirements=requirements,
        stages=tuple(
            stage.model_copy(update={"changes": (change,)})  # halfway is not on the grid
            for stage, change in zip(stages, plan.changes, strict=True)
        ),
        envelope=envelope,
    )


def test_a_certificate_acts_on_the_simulated_plant_and_is_taken_back(world: World) -> None:
    before = world.powers()
    assert set(before.values()) == {TOP_MW}

    off_grid = certificate(world, world.snapshot(), ONE_DB_LESS_MW + 1, 1e-4)
    refused = world.execute(sign_certificate(world, off_grid))
    assert (refused.status, refused.code) == ("not_applied", "control.refused")
    assert world.powers() == before

    good = certificate(world, world.snapshot(), ONE_DB_LESS_MW, 0.5)
    receipt = world.execute(sign_certificate(world, good))
    assert (receipt.status, receipt.code) == ("fulfilled", "effect.confirmed"), receipt.reason
    assert world.powers() == {**before, 1: ONE_DB_LESS_MW, 2: ONE_DB_LESS_MW}
    assert receipt.measured is not None
    assert receipt.measured.tx_power_mw == world.powers()

    undo = {"certificate_id": good.certificate_id}
    undone = receipt_of(world.call("actuator", "rollback", undo))
    assert (undone.status, undone.code) == ("rolled_back", "rollback.requested")
    assert world.powers() == before
