"""The subscription manager over real HTTP, answered by the framework's own HTTP server."""

import json
from collections.abc import Iterator
from queue import Queue
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ricxappframe import xapp_rest
from ricxappframe.xapp_subscribe import NewSubscriber

from tests.xapps.platform.submgr.memory_e2 import MemoryE2
from tests.xapps.platform.waits import wait_until
from tests.xapps.platform.web import served
from xapps.platform.http import RefusedError
from xapps.platform.names import NameMap
from xapps.platform.routes import RouteManager
from xapps.platform.sdl.commands import Database
from xapps.platform.submgr.backend import E2RefusedError
from xapps.platform.submgr.manager import SubscriptionManager
from xapps.platform.submgr.requests import read_subscription
from xapps.platform.submgr.rest import submgr_application

URL = "/ric/v1/subscriptions"
DEADLINE_S = 20


class XappSide:
    """What an xApp does with the framework: takes notifications over HTTP."""

    def __init__(self) -> None:
        self.notified: Queue[dict[str, Any]] = Queue()
        self.refuse_first = 0
        self.server = xapp_rest.ThreadedHTTPServer("127.0.0.1", 0)
        self.port = self.server.server.server_port
        handler = self.server.handler
        handler.add_handler(handler, "POST", "response", f"{URL}/response", self._take)
        self.server.start()

    def _take(self, _name: str, _path: str, data: bytes, _ctype: str) -> dict[str, Any]:
        if self.refuse_first:
            self.refuse_first -= 1
            return xapp_rest.initResponse(status=503)
        self.notified.put(json.loads(data))
        return xapp_rest.initResponse()

    def next(self) -> tuple[str, dict[str, Any]]:
        body = self.notified.get(timeout=DEADLINE_S)
        (instance,) = body["SubscriptionInstances"]
        return body["SubscriptionId"], instance

    def stop(self) -> None:
        self.server.server.shutdown()
        self.server.server.server_close()


@pytest.fixture(scope="module")
def http_side() -> Iterator[XappSide]:
    side = XappSide()
    yield side
    side.stop()


@pytest.fixture
def xapp(http_side: XappSide) -> XappSide:
    http_side.notified, http_side.refuse_first = Queue(), 0
    return http_side


@pytest.fixture
def e2() -> MemoryE2:
    return MemoryE2("gnb_1")


@pytest.fixture
def manager(database: Database, routes: RouteManager, e2: MemoryE2, xapp: XappSide):
    names = NameMap()
    names.set_host("service-ricxapp-kpimon-http.ricxapp", "127.0.0.1")
    manager = SubscriptionManager(database, e2, routes, names.resolve, retry_pause_s=0.01)
    yield manager
    manager.close()


@pytest.fixture
def web(manager: SubscriptionManager) -> Iterator[httpx.Client]:
    with served(submgr_application(manager, lambda: True)) as client:
        yield client


def body(xapp: XappSide | None = None, events: tuple[int, ...] = (1,), **changes: Any) -> Any:
    details = [
        {
            "XappEventInstanceId": event,
            "EventTriggers": [8, 3, 231],
            "ActionToBeSetupList": [
                {
                    "ActionID": 1,
                    "ActionType": "report",
                    "ActionDefinition": [1, 2, 255],
                    "SubsequentAction": {
                        "SubsequentActionType": "continue",
                        "TimeToWait": "w10ms",
                    },
                }
            ],
        }
        for event in events
    ]
    return {
        "SubscriptionId": "",
        "ClientEndpoint": {
            "Host": "service-ricxapp-kpimon-http.ricxapp",
            "HTTPPort": xapp.port if xapp else 8080,
            "RMRPort": 4560,
        },
        "Meid": "gnb_1",
        "RANFunctionID": 2,
        "E2SubscriptionDirectives": {
            "E2TimeoutTimerValue": 1,
            "E2RetryCount": 2,
            "RMRRoutingNeeded": True,
        },
        "SubscriptionDetails": details,
    } | changes


def test_the_life_of_a_subscription(
    web: httpx.Client, xapp: XappSide, e2: MemoryE2, routes: RouteManager
) -> None:
    answer = web.post(URL, json=body(xapp, events=(4, 9)))
    assert answer.status_code == 201
    assert answer.json()["SubscriptionInstances"] is None
    subscription_id = answer.json()["SubscriptionId"]
    told = [xapp.next(), xapp.next()]
    assert {who for who, _ in told} == {subscription_id}
    instances = {i["XappEventInstanceId"]: i["E2EventInstanceId"] for _, i in told}
    assert set(instances) == {4, 9}
    assert set(instances.values()) == set(e2.active)
    request = e2.active[instances[4]]
    assert (request.ran_name, request.ran_function_id) == ("gnb_1", 2)
    assert (request.event_trigger, request.actions[0].definition) == (
        b"\x08\x03\xe7",
        b"\x01\x02\xff",
    )
    assert dict(routes.state.subscriptions) == dict.fromkeys(instances.values(), "127.0.0.1:4560")
    listed = web.get(URL).json()
    assert {entry["SubscriptionId"] for entry in listed} == set(instances.values())
    assert web.delete(f"{URL}/{subscription_id}").status_code == 204
    wait_until(lambda: not e2.active and not routes.state.subscriptions)
    assert web.delete(f"{URL}/{subscription_id}").status_code == 404
    assert web.get(URL).json() == []


def test_equal_content_is_one_subscription_told_again(
    web: httpx.Client, xapp: XappSide, e2: MemoryE2
) -> None:
    first = web.post(URL, json=body(xapp)).json()["SubscriptionId"]
    assert xapp.next()[0] == first
    again = dict(reversed(list(body(xapp).items())))
    assert web.post(URL, json=again).json()["SubscriptionId"] == first
    assert xapp.next()[0] == first
    assert len(e2.tries) == 1


def test_a_subscription_is_changed_by_its_id(
    web: httpx.Client, xapp: XappSide, e2: MemoryE2
) -> None:
    first = web.post(URL, json=body(xapp)).json()["SubscriptionId"]
    old = xapp.next()[1]["E2EventInstanceId"]
    changed = body(xapp, events=(2,), SubscriptionId=first)
    assert web.post(URL, json=changed).json()["SubscriptionId"] == first
    new = xapp.next()[1]["E2EventInstanceId"]
    assert set(e2.active) == {new}
    assert old != new
    missing = web.post(URL, json=body(xapp, events=(3,), SubscriptionId="nothing"))
    assert missing.status_code == 404


def test_a_refusal_of_the_node_is_told_with_its_cause(
    web: httpx.Client, xapp: XappSide, e2: MemoryE2, routes: RouteManager
) -> None:
    e2.refusal, e2.failures = E2RefusedError("ric action not supported", "E2Node"), 1
    web.post(URL, json=body(xapp))
    _, instance = xapp.next()
    assert instance["E2EventInstanceId"] == 0
    assert (instance["ErrorSource"], instance["ErrorCause"]) == (
        "E2Node",
        "ric action not supported",
    )
    assert not routes.state.subscriptions
    assert len(e2.tries) == 1


def test_silence_of_the_node_is_tried_again_and_then_told(
    web: httpx.Client, xapp: XappSide, e2: MemoryE2
) -> None:
    e2.refusal, e2.failures = E2RefusedError("no answer", "E2Node", timed_out=True), 2
    web.post(URL, json=body(xapp))
    assert xapp.next()[1]["E2EventInstanceId"] in e2.active
    e2.failures = 99
    web.post(URL, json=body(xapp, events=(7,)))
    assert xapp.next()[1]["TimeoutType"] == "E2-Timeout"


def test_what_was_refused_is_tried_again_when_asked_again(
    web: httpx.Client, xapp: XappSide, e2: MemoryE2
) -> None:
    e2.refusal, e2.failures = E2RefusedError("resource limit", "E2Node"), 1
    first = web.post(URL, json=body(xapp)).json()["SubscriptionId"]
    assert xapp.next()[1]["ErrorCause"] == "resource limit"
    assert web.post(URL, json=body(xapp)).json()["SubscriptionId"] == first
    told = xapp.next()[1]
    assert not told["ErrorCause"]
    assert set(e2.active) == {told["E2EventInstanceId"]}


def test_a_node_that_admits_too_late_reports_to_nobody(
    web: httpx.Client, xapp: XappSide, e2: MemoryE2
) -> None:
    e2.late = True
    web.post(URL, json=body(xapp))
    assert xapp.next()[1]["TimeoutType"] == "E2-Timeout"
    assert len(e2.tries) == 3
    assert not e2.active


def test_an_xapp_that_is_not_ready_is_told_later(web: httpx.Client, xapp: XappSide) -> None:
    xapp.refuse_first = 3
    subscription_id = web.post(URL, json=body(xapp)).json()["SubscriptionId"]
    assert xapp.next()[0] == subscription_id


def test_a_subscription_deleted_while_it_is_made_leaves_nothing(
    web: httpx.Client, xapp: XappSide, e2: MemoryE2, routes: RouteManager
) -> None:
    e2.gate.clear()
    subscription_id = web.post(URL, json=body(xapp, events=(1, 2))).json()["SubscriptionId"]
    assert e2.asked.wait(20)
    assert web.delete(f"{URL}/{subscription_id}").status_code == 204
    e2.gate.set()
    wait_until(lambda: e2.ended and not routes.state.subscriptions)
    assert e2.ended == e2.tries
    assert len(e2.tries) == 1


def test_no_node_no_subscription(web: httpx.Client) -> None:
    refused = web.post(URL, json=body(Meid="elsewhere"))
    assert refused.status_code == 503
    assert "elsewhere" in refused.json()["message"]


def test_the_frameworks_own_subscriber_is_told_what_is_wrong(web: httpx.Client) -> None:
    subscriber = NewSubscriber(f"{web.base_url}{URL}")
    endpoint = subscriber.SubscriptionParamsClientEndpoint("x", 8080, 4560)
    parameters = subscriber.SubscriptionParams(None, endpoint, "gnb_1", 2, None, [])
    with pytest.raises(Exception, match="snake_case") as caught:
        subscriber.Subscribe(parameters)
    assert "client_endpoint is spelt ClientEndpoint" in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"Meid": ""}, "Meid"),
        ({"Meid": "x" * 32}, "Meid"),
        ({"RANFunctionID": "2"}, "RANFunctionID"),
        ({"SubscriptionDetails": []}, "SubscriptionDetails"),
        ({"extra": 1}, "extra"),
        ({"E2SubscriptionDirectives": {"E2RetryCount": 11}}, "E2RetryCount"),
        ({"ClientEndpoint": {"Host": "example.org", "HTTPPort": 1, "RMRPort": 1}}, "example.org"),
        ({"ClientEndpoint": {"Host": "10.0.0.1", "HTTPPort": 1, "RMRPort": 1}}, "10.0.0.1"),
        ({"SubscriptionDetails": body(events=(1, 1))["SubscriptionDetails"]}, "twice"),
    ],
)
def test_a_wrong_body_says_where(web: httpx.Client, changes: dict[str, Any], place: str) -> None:
    refused = web.post(URL, json=body(**changes))
    assert refused.status_code == 400
    assert place in refused.json()["message"]


def test_a_restarted_core_makes_subscriptions_again_when_the_node_is_back(
    manager: SubscriptionManager, database: Database, routes: RouteManager, xapp: XappSide
) -> None:
    subscription_id = manager.subscribe(body(xapp))
    number = xapp.next()[1]["E2EventInstanceId"]
    manager.close()
    for junk in (b"\xff", b"[]", b'{"id": "x", "body": {}}'):
        database.store.write({b"{submgr_restSubsDb},junk%d" % len(junk): junk})
    fresh = MemoryE2("gnb_1")
    names = NameMap()
    names.set_host("service-ricxapp-kpimon-http.ricxapp", "127.0.0.1")
    again = SubscriptionManager(database, fresh, routes, names.resolve, retry_pause_s=0.01)
    assert [record.id for record in again.records()] == [subscription_id]
    again.on_node_connected("another")
    again.on_node_connected("gnb_1")
    wait_until(lambda: set(fresh.active) == {number})
    again.unsubscribe_all_of("127.0.0.1")
    wait_until(lambda: not fresh.active)
    again.close()
    assert xapp.notified.empty()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(json_values | st.dictionaries(st.sampled_from(list(body())), json_values))
def test_any_json_is_read_or_refused(value: Any) -> None:
    changed = body() | value if isinstance(value, dict) else value
    try:
        read_subscription(changed)
    except RefusedError as error:
        if error.status != 400:
            raise
