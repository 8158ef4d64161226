"""Tables from what runs, read back by the endpoint that uses them."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from contracts.errors import RanwrightError
from tests.xapps.platform.waits import wait_until
from xapps.platform.rmr.endpoint import RmrEndpoint
from xapps.platform.rmr.message import RmrMessage, RmrState
from xapps.platform.rmr.route_sources import TABLE_MTYPE, TABLE_REQUEST_MTYPE
from xapps.platform.rmr.settings import RmrSettings
from xapps.platform.routes import RouteManager
from xapps.platform.routing import RoutingState, XappRoutes, table_for

CORE = "127.0.0.1:4000"
XAPPS = {
    "a": XappRoutes("127.0.1.1:4560", (12050, 30010, 12041), (20000,), controls=True),
    "b": XappRoutes("127.0.1.2:4560", (30010,), (20000, 7)),
}
STATE = RoutingState(
    core=CORE,
    xapps=XAPPS,
    subscriptions={5: "127.0.1.1:4560"},
    nodes={"gnb_1": "127.0.0.1:4001"},
)


def test_the_table_of_the_facts() -> None:
    lines = table_for(STATE, "127.0.1.1:4560").splitlines()
    for expected in (
        f"mse|20011|-1|{CORE}",
        f"mse|20012|-1|{CORE}",
        f"mse|110|-1|{CORE}",
        f"mse|120|-1|{CORE}",
        "mse|20010|20000|127.0.1.1:4560;127.0.1.2:4560",
        "mse|20010|7|127.0.1.2:4560",
        "mse|30010|-1|127.0.1.1:4560;127.0.1.2:4560",
        "mse|12041|-1|127.0.1.1:4560",
        "mse|12040|-1|%meid",
        "mme_ar|127.0.0.1:4001|gnb_1",
    ):
        assert expected in lines
    of_subscription = {line for line in lines if "|5|" in line}
    types = (12050, 12011, 12012, 12021, 12022, 12041, 12042)
    assert of_subscription == {f"mse|{t}|5|127.0.1.1:4560" for t in types}
    assert not any(line.startswith("mse|12050|-1") for line in lines)


def test_only_controllers_have_a_way_to_control() -> None:
    text = table_for(STATE, "127.0.1.2:4560")
    assert "12040" not in text
    assert "gnb_1" not in text


def test_the_manager_serves_changes_and_refuses_what_breaks_a_table() -> None:
    with (
        RmrEndpoint(RmrSettings()) as core,
        RmrEndpoint(RmrSettings()) as control,
        RmrEndpoint(RmrSettings()) as e2,
        RmrEndpoint(RmrSettings()) as xapp,
    ):
        manager = RouteManager(core, control, e2)
        manager.set_xapp("x", XappRoutes(xapp.name, (30010,), (7,)))
        assert core.send(RmrMessage(20010, b"policy", sub_id=7)) is RmrState.OK
        received = xapp.receive(5)
        assert received is not None
        assert received.payload == b"policy"

        wormhole = xapp.open_wormhole(control.name)
        assert wormhole is not None
        question = RmrMessage(TABLE_REQUEST_MTYPE, f"{xapp.name} ts=1\n".encode())
        xapp.send_wormhole(wormhole, question)
        table = xapp.receive(5)
        assert table is not None
        assert table.mtype == TABLE_MTYPE

        with pytest.raises(RanwrightError, match="bad_entry"):
            manager.set_xapp("evil", XappRoutes("127.0.0.1:1\nnewrt|start", (1,)))
        manager.set_xapp("x", None)
        wait_until(lambda: core.send(RmrMessage(20010, sub_id=7)) is RmrState.NO_ENDPOINT)


@contextmanager
def managed(control_port: int = 0) -> Iterator[tuple[RouteManager, RmrEndpoint]]:
    with (
        RmrEndpoint(RmrSettings()) as core,
        RmrEndpoint(RmrSettings(port=control_port)) as control,
        RmrEndpoint(RmrSettings()) as e2,
    ):
        yield RouteManager(core, control, e2), control


def table_at(endpoint: RmrEndpoint) -> str:
    message = endpoint.receive(10)
    assert message is not None
    assert message.mtype == TABLE_MTYPE
    return message.payload.decode()


def test_an_xapp_that_outlives_the_core_gets_the_tables_of_the_next_one() -> None:
    with RmrEndpoint(RmrSettings()) as xapp, RmrEndpoint(RmrSettings()) as xapp_control:
        routes = XappRoutes(xapp.name, control=xapp_control.name)
        with managed() as (first, control):
            first.set_xapp("actuator", routes, controls=True)
            assert "12040" in table_at(xapp_control)
        with managed(control.port) as (second, _):
            second.set_xapp("actuator", routes, controls=True)
            second.set_node("gnb_2", "127.0.0.1:4001")
            while "gnb_2" not in table_at(xapp_control):
                pass


def test_nobody_draws_the_tables_of_another_to_himself() -> None:
    with (
        managed() as (manager, control),
        RmrEndpoint(RmrSettings()) as xapp,
        RmrEndpoint(RmrSettings()) as xapp_control,
        RmrEndpoint(RmrSettings()) as thief,
    ):
        routes = XappRoutes(xapp.name, control=xapp_control.name)
        manager.set_xapp("actuator", routes, controls=True)
        assert "12040" in table_at(xapp_control)
        wormhole = thief.open_wormhole(control.name)
        assert wormhole is not None
        thief.send_wormhole(wormhole, RmrMessage(TABLE_REQUEST_MTYPE, f"{xapp.name} ts=1".encode()))
        assert "12040" in table_at(xapp_control)
        manager.set_node("gnb_1", "127.0.0.1:4001")
        while "gnb_1" not in table_at(xapp_control):
            pass
        assert thief.receive(0) is None


def test_the_way_to_control_goes_with_the_controller_alone() -> None:
    with managed() as (manager, _):
        address = "127.0.1.9:4560"
        manager.set_xapp("registered/actuator", XappRoutes(address))
        manager.set_xapp("actuator", XappRoutes(address), controls=True)
        manager.set_xapp("registered/actuator", None)
        assert manager.state.controllers == {address}
        manager.set_xapp("actuator", None)
        assert not manager.state.controllers


def test_on_a_sites_ric_an_xapp_has_routes_for_what_it_says_it_sends() -> None:
    sender = XappRoutes("127.0.1.3:4560", sent=(31000,))
    taker = XappRoutes("127.0.1.2:4560", (30010, 31000), (20000,))
    state = RoutingState(core=CORE, xapps={"a": sender, "b": taker}, only_declared=True)
    lines = table_for(state, sender.address).splitlines()
    assert f"mse|31000|-1|{taker.address}" in lines
    assert f"mse|20011|-1|{CORE}" in lines
    assert not [line for line in lines if "|30010|" in line or "|20010|" in line]
    for stranger in ("127.0.9.9:4560", taker.address):
        assert "31000" not in table_for(state, stranger)
    assert f"mse|20010|20000|{taker.address}" in table_for(state, CORE, of_platform=True)
