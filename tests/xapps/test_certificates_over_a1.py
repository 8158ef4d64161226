"""Policies with certificates on a running site: put by anybody, deleted, large, found again."""

from collections.abc import Iterator
from typing import Any

import pytest

from agents.service.a1 import A1Client
from agents.service.delivery import carry_out
from contracts.activation import CERTIFICATE_POLICY_TYPE
from contracts.delivery import certificate_policy
from contracts.network import NetworkSnapshot
from tests.xapps.test_effects import AFTER, BEFORE
from tests.xapps.test_refusals import refusal
from tests.xapps.world import (
    World,
    eventually,
    make_certificate,
    make_plan,
    receipt_of,
    sign_certificate,
)
from xapps.platform.home import RicHome
from xapps.platform.http import MAX_BODY_BYTES

CELLS, UES = 57, 570


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World.make(tmp_path_factory.mktemp("site"))
    made.start_all()
    yield made
    made.close()


@pytest.fixture
def world(running: World) -> World:
    """The running site, and the plant as it was."""
    running.start_all()
    running.call("plant", "reset")
    (running.site.root / "plant_changes.log").unlink(missing_ok=True)
    return running


@pytest.fixture
def a1(world: World) -> Iterator[A1Client]:
    with A1Client(RicHome(world.site.ric)) as client:
        yield client


def good(world: World) -> tuple[str, dict[str, Any]]:
    certificate = make_certificate(world, world.snapshot())
    signed = sign_certificate(world, certificate).model_dump(mode="json")
    return certificate.certificate_id, certificate_policy(signed)


def step(world: World, name: str) -> str:
    return str(world.call("actuator", "status", {"certificate_id": name})["step"])


def test_nobody_needs_to_follow_and_a1_tells_how_it_fares(world: World, a1: A1Client) -> None:
    name, policy = good(world)
    a1.put(CERTIFICATE_POLICY_TYPE, name, policy)
    assert not a1.is_enforced(CERTIFICATE_POLICY_TYPE, name), "not before its effect is measured"
    eventually(lambda: a1.is_enforced(CERTIFICATE_POLICY_TYPE, name), "it is enforced")
    assert world.powers() == AFTER
    a1.delete(CERTIFICATE_POLICY_TYPE, name)
    receipt = receipt_of(carry_out(world.site, name, policy, lambda _: None))
    assert receipt.status == "fulfilled", "the journal answers"
    assert world.changes() == [f"{name}:1", f"{name}:2"]
    a1.delete(CERTIFICATE_POLICY_TYPE, name)


def test_who_deletes_the_policy_in_mid_action_changes_nothing(world: World, a1: A1Client) -> None:
    name, policy = good(world)

    def hear(event: dict[str, Any]) -> None:
        if event["stage"] == "sending" and event.get("number") == 1:
            a1.delete(CERTIFICATE_POLICY_TYPE, name)

    receipt = receipt_of(carry_out(world.site, name, policy, hear))
    assert receipt.status == "fulfilled", receipt.reason
    assert a1.policies(CERTIFICATE_POLICY_TYPE) == []
    assert world.powers() == AFTER


def test_what_came_while_the_actuator_was_away_is_carried_out_when_it_returns(
    world: World, a1: A1Client
) -> None:
    name, policy = good(world)
    world.stop("actuator", kill=True)
    a1.put(CERTIFICATE_POLICY_TYPE, name, policy)
    assert world.powers() == BEFORE
    world.start_actuator()
    eventually(lambda: a1.is_enforced(CERTIFICATE_POLICY_TYPE, name), "it is enforced")
    assert step(world, name) == "fulfilled"
    assert world.powers() == AFTER
    world.stop("actuator", kill=True)
    sent = world.changes()
    world.start_actuator()
    receipt = receipt_of(carry_out(world.site, name, policy, lambda _: None))
    assert receipt.status == "fulfilled"
    assert world.changes() == sent
    a1.delete(CERTIFICATE_POLICY_TYPE, name)


def test_a_city_fits_into_a_policy(world: World) -> None:
    """A network that the plant is not, larger than what the other services of a RIC take."""
    small = world.snapshot()
    large = city(small)
    certificate = make_certificate(world, large, plan=make_plan(large))
    envelope = sign_certificate(world, certificate)
    assert len(envelope.canonical()) > MAX_BODY_BYTES
    assert refusal(world, envelope) == "precondition.ue_lost"


def city(small: NetworkSnapshot) -> NetworkSnapshot:
    """Three cells as they are, and others; every UE hears all of them."""
    cells = list(small.cells)
    for number in range(len(cells) + 1, CELLS + 1):
        like = cells[number % 3]
        update = {"cell_id": number}
        cells.append(
            like.model_copy(
                update={
                    "configuration": like.configuration.model_copy(update=update),
                    "measurement": like.measurement.model_copy(update=update),
                }
            )
        )
    heard = {c.configuration.cell_id: -90.123456789012 - n / 7 for n, c in enumerate(cells)}
    ues = [u.model_copy(update={"rsrp_dbm": u.rsrp_dbm | heard}) for u in small.ues]
    ues += [ues[0].model_copy(update={"ue_id": 1000 + n, "sinr_db": n / 7}) for n in range(UES)]
    return small.model_copy(update={"cells": tuple(cells), "ues": tuple(ues)})
