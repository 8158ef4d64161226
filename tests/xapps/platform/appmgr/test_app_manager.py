"""Registration as the framework does it, and what others read of it."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.xapps.platform.web import served
from xapps.platform.appmgr.registry import Registry
from xapps.platform.appmgr.rest import appmgr_application
from xapps.platform.routes import RouteManager
from xapps.platform.sdl.commands import Database

DESCRIPTOR = {
    "name": "hw",
    "version": "1.0.0",
    "messaging": {
        "ports": [
            {
                "name": "rmrdata",
                "port": 4560,
                "rxMessages": ["A1_POLICY_REQ", "30010"],
                "txMessages": ["A1_POLICY_RESP"],
                "policies": [1],
            }
        ]
    },
}
BODY = {
    "appName": "hw-host",
    "appVersion": "1.0.0",
    "configPath": "",
    "appInstanceName": "hw",
    "httpEndpoint": "127.0.1.1:8080",
    "rmrEndpoint": "127.0.1.1:4560",
    "config": json.dumps(DESCRIPTOR),
}


@pytest.fixture
def web(database: Database, routes: RouteManager) -> Iterator[httpx.Client]:
    with served(appmgr_application(Registry(database, routes), lambda: False)) as client:
        yield client


def test_register_list_deregister(web: httpx.Client, routes: RouteManager) -> None:
    assert web.post("/ric/v1/register", json=BODY).status_code == 201
    assert web.post("/ric/v1/register", json=BODY).status_code == 201
    (xapp,) = web.get("/ric/v1/xapps").json()
    assert (xapp["name"], xapp["version"]) == ("hw-host", "1.0.0")
    instance = web.get("/ric/v1/xapps/hw-host/instances/hw").json()
    assert (instance["ip"], instance["port"], instance["policies"]) == ("127.0.1.1", 4560, [1])
    assert instance["rxMessages"] == ["20010", "30010"]
    assert web.get("/ric/v1/config").json()[0]["config"] == DESCRIPTOR
    assert web.get("/ric/v1/config/hw").json() == DESCRIPTOR
    (taken,) = routes.state.xapps.values()
    assert (taken.address, taken.policies) == ("127.0.1.1:4560", (1,))
    gone = {"appName": "hw-host", "appInstanceName": "hw"}
    assert web.post("/ric/v1/deregister", json=gone).status_code == 204
    assert web.post("/ric/v1/deregister", json=gone).status_code == 404
    assert web.get("/ric/v1/xapps").json() == []
    assert web.get("/ric/v1/xapps/hw-host").status_code == 404
    assert not routes.state.xapps


def test_a_web_page_registers_nothing(web: httpx.Client, routes: RouteManager) -> None:
    page = {"Origin": "https://example.org", "Content-Type": "text/plain"}
    answer = web.post("/ric/v1/register", content=json.dumps(BODY), headers=page)
    assert answer.status_code == 403
    assert answer.json()["code"] == "http.from_a_page"
    assert not routes.state.xapps


def test_registrations_outlive_the_core(database: Database, routes: RouteManager) -> None:
    Registry(database, routes).register(BODY)
    routes.set_xapp("registered/hw", None)
    again = Registry(database, routes)
    assert [r.instance for r in again.registered()] == ["hw"]
    assert "registered/hw" in routes.state.xapps


@pytest.mark.parametrize("host", ["x{:03}", "x{:03}" + 60 * ".abc"])
def test_a_table_that_is_full_takes_nobody_else_and_outlives_the_core(
    web: httpx.Client, database: Database, routes: RouteManager, host: str
) -> None:
    def register(number: int) -> int:
        endpoint = {"appInstanceName": f"x{number}", "rmrEndpoint": f"{host.format(number)}:4560"}
        return web.post("/ric/v1/register", json=BODY | endpoint).status_code

    answers = [register(number) for number in range(66)]
    assert answers[0] == 201
    assert answers[-1] == 400
    assert len(routes.state.xapps) == answers.count(201)
    # what an earlier version kept, or an SDL client wrote
    overfull = BODY | {"appInstanceName": "y", "rmrEndpoint": f"{host.format(999)}:4560"}
    database.store.write({b"{appmgr},registered:y": json.dumps(overfull).encode()})
    again = Registry(database, routes)
    assert len(again.registered()) == answers.count(201) + 1
    assert "registered/y" not in routes.state.xapps


def test_what_others_wrote_over_a_registration_is_left_out(
    database: Database, routes: RouteManager
) -> None:
    Registry(database, routes).register(BODY)
    database.store.write({b"{appmgr},registered:bad": b"\xff", b"{appmgr},registered:no": b"{}"})
    assert [r.instance for r in Registry(database, routes).registered()] == ["hw"]


def test_health(web: httpx.Client) -> None:
    assert web.get("/ric/v1/health/alive").status_code == 200
    assert web.get("/ric/v1/health/ready").status_code == 503


@pytest.mark.parametrize(
    "changes",
    [
        {"rmrEndpoint": "127.0.0.1:1\nnewrt|start"},
        {"appInstanceName": "../x"},
        {"appInstanceName": None},
        {"config": "{"},
        {"config": '{"name": "UPPER", "version": "1"}'},
        {"unknown": 1},
    ],
)
def test_a_bad_registration_is_refused(web: httpx.Client, changes: dict[str, Any]) -> None:
    refused = web.post("/ric/v1/register", json=BODY | changes)
    assert refused.status_code == 400
    assert web.get("/ric/v1/xapps").json() == []
    assert web.post("/ric/v1/register", content=b"[]").status_code == 400
    assert web.post("/ric/v1/deregister", content=b"[]").status_code == 400
