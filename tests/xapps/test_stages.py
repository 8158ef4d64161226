"""Stages: what is judged before the next, what may not be believed, and the fall-back."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from contracts.certificate import Receipt
from contracts.errors import RanwrightError
from contracts.kpi import Kpi
from contracts.network import NetworkSnapshot
from contracts.record import RecordKind
from contracts.stages import Stage
from tests.xapps.test_effects import AFTER, BEFORE, audit_ok, kinds
from tests.xapps.world import (
    World,
    eventually,
    make_certificate,
    make_plan,
    make_requirements,
    make_stages,
    sign_certificate,
)

LAST_RESORT_MW = 41_000


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World.make(tmp_path_factory.mktemp("site"))
    made.start_ledger()
    made.start_plant()
    made.start_actuator(LIMIT_S="1")
    yield made
    made.close()


@pytest.fixture
def world(running: World) -> World:
    """The running site without faults, and the plant as it was."""
    running.fault()
    running.call("plant", "reset")
    (running.site.root / "plant_changes.log").unlink(missing_ok=True)
    return running


def foreseeing(world: World, snapshot: NetworkSnapshot, *share: float) -> tuple[Stage, ...]:
    """Stages that foresee cell 1's throughput as a share of now; the last one's to 0.1 %."""
    stages = make_stages(make_plan(snapshot), make_requirements(), world.policy())
    now_mbps = 30.0 * 20 / 60
    made = []
    for stage, middle in zip(stages, share, strict=True):
        foreseen = tuple(
            f.model_copy(update={"low": 0.99 * middle * now_mbps, "high": 1.01 * middle * now_mbps})
            if f.kpi is Kpi.UE_THP_DL_MEAN
            else f
            for f in stage.forecasts
        )
        made.append(stage.model_copy(update={"forecasts": foreseen}))
    return tuple(made)


RIGHT = (25 / 65 * 3, 30 / 68 * 3)
"""Cell 1's part of the plain network's throughput in both stages, over that before."""


def act(
    world: World, on_stage: Callable[[dict[str, Any]], None] | None = None, **changes: Any
) -> tuple[str, Receipt]:
    certificate = make_certificate(world, world.snapshot(), **changes)
    return certificate.certificate_id, world.execute(sign_certificate(world, certificate), on_stage)


def test_an_effect_as_foreseen_is_fulfilled(world: World) -> None:
    _, receipt = act(world, stages=foreseeing(world, world.snapshot(), *RIGHT))
    assert (receipt.status, receipt.code) == ("fulfilled", "effect.confirmed"), receipt.reason
    assert world.powers() == AFTER


@pytest.mark.parametrize(
    ("share", "sent"),
    [((1.0, RIGHT[1]), "1 rollback"), ((RIGHT[0], 1.2), "1 2 rollback")],
    ids=["canary", "last"],
)
def test_an_effect_that_was_not_foreseen_is_taken_back_although_the_goal_holds(
    world: World, share: tuple[float, float], sent: str
) -> None:
    name, receipt = act(world, stages=foreseeing(world, world.snapshot(), *share))
    assert (receipt.status, receipt.code) == ("rolled_back", "effect.unforeseen")
    assert "mean throughput of cells 1 is 1" in receipt.reason
    assert "2.0% of actions" in receipt.reason
    assert receipt.measured is not None
    assert world.powers() == BEFORE
    assert world.changes() == [f"{name}:{way}" for way in sent.split()]
    audit_ok(world)


def test_a_requirement_that_is_missed_is_named_first(world: World) -> None:
    _, receipt = act(
        world,
        requirements=make_requirements(80.0),
        stages=foreseeing(world, world.snapshot(), RIGHT[0], 2.0),
    )
    assert (receipt.status, receipt.code) == ("rolled_back", "effect.requirement_missed")


@pytest.mark.parametrize(
    ("reports", "code"),
    [
        ("tenfold", "effect.unforeseen"),
        ("contradictory", "effect.implausible"),
        ("revert", "effect.configuration_differs"),
        ("twice", "effect.implausible"),
    ],
)
@pytest.mark.parametrize("stage", [1, 2])
def test_reports_that_cannot_be_true_are_no_effect(
    world: World, reports: str, code: str, stage: int
) -> None:
    def forge(progress: dict[str, Any]) -> None:
        if (progress["stage"], progress.get("number")) == ("acknowledged", stage):
            world.fault(reports=reports)

    _, receipt = act(world, forge, stages=foreseeing(world, world.snapshot(), *RIGHT))
    assert receipt.code == code, receipt.reason
    assert receipt.status == "rolled_back"
    assert world.powers() == BEFORE


def test_a_cell_that_cannot_be_restored_falls_back_alone(world: World) -> None:
    world.fault(control_2="half", stubborn=1, stubborn_mw=[20_000])
    name, receipt = act(world)
    assert (receipt.status, receipt.code) == ("fallen_back", "rollback.fallen_back"), receipt.reason
    assert world.powers() == {**BEFORE, 1: LAST_RESORT_MW}
    assert RecordKind.FALL_BACK_STARTED in kinds(world, name)
    with pytest.raises(RanwrightError) as caught:
        act(world)
    assert caught.value.code == "actuator.unrepaired"

    world.fault()
    repaired(world, name)
    assert world.powers() == BEFORE
    audit_ok(world)


def test_where_nothing_can_be_set_it_fails_and_is_tried_again(world: World) -> None:
    world.fault(reports="weak", stubborn=1, stubborn_mw=[20_000, LAST_RESORT_MW])
    name, receipt = act(world)
    assert (receipt.status, receipt.code) == ("failed", "rollback.failed")
    world.fault(stubborn=1, stubborn_mw=[20_000])
    eventually(lambda: step(world, name) == "fallen_back", "it falls back")
    assert world.powers()[1] == LAST_RESORT_MW
    world.fault()
    repaired(world, name)
    assert world.powers() == BEFORE
    audit_ok(world)


def step(world: World, name: str) -> str:
    return str(world.call("actuator", "status", {"certificate_id": name})["step"])


def repaired(world: World, name: str) -> None:
    eventually(lambda: step(world, name) == "rolled_back", "the way back is taken")
