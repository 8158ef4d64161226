"""Activations through the real actuator: they go live over A1, move, and end at their base."""

from collections.abc import Iterator

import pytest

from tests.xapps.activations.office import LEFT, Office, grid


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    opened = Office.open(tmp_path_factory.mktemp("site"))
    yield opened
    opened.close()


def test_an_activation_moves_and_ends_at_its_base(office: Office) -> None:
    name = office.live()
    up = office.move(name, {1: grid(1)[-1]})
    assert up.code == "move.carried_out", up
    assert office.world.powers() == {**LEFT, 1: grid(1)[-1]}
    ended = office.end(name)
    assert (ended["code"], ended["moves"]) == ("activation.deleted", 1)
    assert office.world.powers() == LEFT
