"""Tables at run time: seed files, a collector that asks, and the route manager that serves."""

from pathlib import Path

import pytest

from tests.xapps.platform.support import endpoints, eventually
from xapps.platform.rmr import (
    RmrEndpoint,
    RmrMessage,
    RmrSettings,
    RmrState,
    RouteEntry,
    RouteSources,
    route_sources,
    table_text,
)
from xapps.platform.rmr.route_distributor import RouteDistributor
from xapps.platform.rmr.route_sources import RouteCollector
from xapps.platform.rmr.route_text import batches


def _asking(manager: RmrEndpoint, period_s: float = 0.05) -> RouteSources:
    return RouteSources(control_port=0, route_manager=manager.name, request_period_s=period_s)


def test_a_collector_asks_as_librmr_does_and_answers_each_table() -> None:
    """Octets of the exchange as they were seen between the real library and a route manager."""
    with endpoints(3) as (xapp, manager, other):
        collector = RouteCollector(xapp, _asking(manager))
        try:
            request = manager.receive(5.0)
            assert request is not None
            assert request.mtype == 21
            assert request.source == collector.control_name
            name, _, rest = request.payload.decode().partition(" ts=")
            assert name == xapp.name
            assert rest.endswith("\n\0")
            assert rest[:-2].isdecimal()

            text = table_text([RouteEntry(1, ((other.name,),))], {"g": other.name}, "tbl-1")
            for piece in batches(text, 40):
                payload = piece.encode() + b"\0"
                assert manager.reply(request, mtype=20, payload=payload) is RmrState.OK
            answers = []
            while len(answers) < 2:
                answer = manager.receive(5.0)
                assert answer is not None
                if answer.mtype == 22:
                    answers.append(answer.payload)
            assert answers == [b"OK tbl-1 \n\0"] * 2
            assert xapp.ready
            assert xapp.send(RmrMessage(1)) is RmrState.OK

            manager.reply(request, mtype=20, payload=b"newrt|start|tbl-2\nnewrt|end|7\n")
            refusal = manager.receive(5.0)
            while refusal is not None and refusal.mtype != 22:
                refusal = manager.receive(5.0)
            assert refusal is not None
            assert refusal.payload.startswith(b"ERR tbl-2 missing table records")
            assert xapp.send(RmrMessage(1)) is RmrState.OK
        finally:
            collector.close()


def test_requests_end_with_the_first_table() -> None:
    with endpoints(2) as (xapp, manager):
        collector = RouteCollector(xapp, _asking(manager, period_s=0.02))
        try:
            requests = [manager.receive(5.0) for _ in range(3)]
            assert all(request and request.mtype == 21 for request in requests)
            assert requests[0] is not None
            manager.reply(requests[0], mtype=20, payload=b"newrt|start\nnewrt|end\n")
            eventually(lambda: xapp.ready, "the table")
            while (left := manager.receive(0.2)) is not None and left.mtype == 21:
                pass  # on their way when the table came
            assert left is None or left.mtype == 22
            assert manager.receive(0.2) is None
        finally:
            collector.close()


def test_a_route_manager_serves_publishes_and_knows_the_answers() -> None:
    with endpoints(4) as (xapp, manager, old, new):
        goal = {"name": old.name}
        entries = [RouteEntry(mtype) for mtype in range(1000)]  # several pieces

        def table_for(name: str) -> str | None:
            entry = RouteEntry(1, ((goal["name"],),))
            return table_text([*entries, entry]) if name == xapp.name else None

        distributor = RouteDistributor(manager, table_for)
        collector = RouteCollector(xapp, _asking(manager))
        try:
            eventually(lambda: xapp.ready, "the table asked for")
            assert xapp.send(RmrMessage(1)) is RmrState.OK
            assert old.receive(5.0) is not None

            goal["name"] = new.name
            assert distributor.publish() == {xapp.name: RmrState.OK}
            eventually(lambda: xapp.routes.groups(1)[0].names == (new.name,), "the table published")
            eventually(lambda: distributor.deliveries[xapp.name].answer == "OK table", "the answer")
            assert distributor.deliveries[xapp.name].control == collector.control_name

            distributor.unsubscribe(xapp.name)
            assert distributor.publish() == {}
        finally:
            collector.close()


def test_a_route_manager_reaches_endpoints_that_wait_to_be_told() -> None:
    with endpoints(2) as (xapp, manager):
        distributor = RouteDistributor(manager, lambda _: "newrt|start|t\nnewrt|end|0\n")
        collector = RouteCollector(xapp, RouteSources(control_port=0))
        try:
            assert collector.control_name is not None
            assert distributor.subscribe(xapp.name, collector.control_name) is RmrState.OK
            eventually(lambda: xapp.ready, "the table")
            assert distributor.subscribe("gone:1", "127.0.0.1:1") is RmrState.NO_ENDPOINT
        finally:
            collector.close()


def test_a_table_that_cannot_be_written_is_no_reason_to_stop(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with endpoints(1) as (manager,):
        distributor = RouteDistributor(
            manager, lambda _: table_text([RouteEntry(1, (("no port",),))])
        )
        assert distributor.subscribe("a:1", manager.name) is RmrState.BAD_ARGUMENT
        assert "routes.bad_entry" in capsys.readouterr().out


def test_a_seed_file_is_read_before_the_collector_returns(tmp_path: Path) -> None:
    seed = tmp_path / "seed.rt"
    seed.write_text("newrt|start\nrte|1|a:1\nnewrt|end\n", encoding="utf-8")
    with endpoints(1) as (xapp,):
        RouteCollector(xapp, RouteSources(seed_table=seed)).close()
        assert xapp.ready
        assert xapp.routes.groups(1)[0].names == ("a:1",)


def test_a_seed_file_that_comes_late_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route_sources, "_SEED_UNTIL_READY_S", 0.02)
    seed = tmp_path / "seed.rt"
    with endpoints(1) as (xapp,):
        collector = RouteCollector(xapp, RouteSources(seed_table=seed, reread_seed=True))
        try:
            assert not xapp.ready
            seed.write_bytes(b"newrt|start\nrte|1|a:1\nnewrt|end\n\xff")
            eventually(lambda: xapp.ready, "the late seed")
        finally:
            collector.close()


def test_a_taken_control_port_leaves_the_seed(tmp_path: Path) -> None:
    seed = tmp_path / "seed.rt"
    seed.write_text("newrt|start\nnewrt|end\n", encoding="utf-8")
    with endpoints(2) as (xapp, other):
        sources = RouteSources(seed_table=seed, control_port=other.port)
        collector = RouteCollector(xapp, sources)
        assert collector.control_name is None
        assert xapp.ready
        collector.close()


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, RouteSources(control_port=4561)),
        ({"RMR_CTL_PORT": "4599"}, RouteSources(control_port=4599, route_manager="routemgr:4561")),
        ({"RMR_RTG_SVC": "4600"}, RouteSources(control_port=4600)),
        ({"RMR_RTG_SVC": "tcp:4600"}, RouteSources(control_port=4600)),
        (
            {"RMR_RTG_SVC": "rtmgr:4561", "RMR_RTREQ_FREQ": "30"},
            RouteSources(control_port=4561, route_manager="rtmgr:4561", request_period_s=30.0),
        ),
        ({"RMR_RTREQ_FREQ": "301"}, RouteSources(control_port=4561)),
        (
            {"RMR_RTG_SVC": "-1", "RMR_SEED_RT": "/x/seed.rt"},
            RouteSources(seed_table=Path("/x/seed.rt"), reread_seed=True),
        ),
    ],
)
def test_sources_are_those_the_environment_asks_for(
    environment: dict[str, str], expected: RouteSources
) -> None:
    assert RouteSources.from_environment(environment) == expected


def test_a_collector_of_a_closed_endpoint_closes() -> None:
    endpoint = RmrEndpoint(RmrSettings())
    collector = RouteCollector(endpoint, RouteSources(control_port=0))
    endpoint.close()
    collector.close()
