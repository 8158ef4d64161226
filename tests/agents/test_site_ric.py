"""A site's RIC, plant and actuator, killed in any order and found again."""

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from agents.service import processes
from agents.service.ric import ask
from contracts.rpc import Client
from tests.agents.town import Town
from tests.xapps.platform.waits import wait_until
from xapps.platform.home import RicHome


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with Town(tmp_path_factory.mktemp("town")) as made:
        yield made


def observed(town: Town) -> Any:
    with Client(town.site.socket("actuator"), 30.0) as client:
        return client.call("observe", {"reports": 2, "period_ms": 200})


def kill(town: Town, part: str) -> int:
    pid = processes.status(town.site)[part]
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: processes.status(town.site)[part] != pid)
    return pid


def test_every_part_of_a_site_is_up_and_shown(town):
    status = processes.status(town.site)
    assert list(status) == ["ledger", "verifier", "approver", "ric", "plant", "actuator"]
    assert None not in status.values()
    found = ask(RicHome(town.site.ric), "status")
    assert list(found["nodes"].values()) == ["CONNECTED"]
    assert observed(town)["snapshot"]


def test_the_ric_starts_a_killed_actuator_again(town):
    before = kill(town, "actuator")
    wait_until(lambda: processes.status(town.site)["actuator"] not in (None, before), 60)
    assert observed(town)["snapshot"]


def test_a_core_that_was_killed_takes_the_actuator_over(town):
    actuator = processes.status(town.site)["actuator"]
    kill(town, "ric")
    assert processes.start(town.site, town.config) == ("ric",)
    assert processes.status(town.site)["actuator"] == actuator
    assert observed(town)["snapshot"]


@pytest.mark.parametrize(
    "order", [("plant", "ric", "actuator"), ("ric", "actuator", "plant")], ids="-".join
)
def test_parts_that_were_killed_together_come_back(town, order):
    life = town.plant().node_name
    for part in order:
        kill(town, part)
    processes.start(town.site, town.config)
    assert None not in processes.status(town.site).values()
    assert town.plant().node_name == life
    assert observed(town)["snapshot"]
