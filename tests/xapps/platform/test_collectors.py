"""Alarms and metrics of xApps, and what arrives at the core and concerns nobody."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.xapps.platform.waits import wait_until
from tests.xapps.platform.web import served
from xapps.platform.alarms import MAX_ALARMS, Alarms
from xapps.platform.dispatch import Dispatcher
from xapps.platform.metrics import Metrics
from xapps.platform.rest import core_application
from xapps.platform.rmr.endpoint import RmrEndpoint
from xapps.platform.rmr.health import probe
from xapps.platform.rmr.message import RmrMessage
from xapps.platform.rmr.settings import RmrSettings

ALARM = {
    "managedObjectId": "xapp",
    "applicationId": "app",
    "specificProblem": 1,
    "perceivedSeverity": "MAJOR",
    "identifyingInfo": "i",
    "additionalInfo": "",
    "AlarmAction": "RAISE",
    "AlarmTime": 1000,
}
REPORT = {
    "reporter": "r",
    "generator": "g",
    "timestamp": 1,
    "data": [{"id": "a", "value": "1.5", "type": "counter"}, {"id": "b", "value": 2}],
}


def alarm(**changes: Any) -> RmrMessage:
    return RmrMessage(110, json.dumps(ALARM | changes).encode())


def test_alarms_are_raised_once_and_cleared() -> None:
    alarms = Alarms()
    alarms.on_message(alarm())
    alarms.on_message(alarm(perceivedSeverity="CRITICAL", AlarmTime=3000))
    alarms.on_message(alarm(specificProblem=2, AlarmTime=2000))
    alarms.on_message(alarm(applicationId="other", AlarmTime=500))
    active = alarms.active()
    assert [entry["AlarmTime"] for entry in active] == [3000, 2000, 500]
    assert active[0]["perceivedSeverity"] == "CRITICAL"
    alarms.on_message(alarm(AlarmAction="CLEAR"))
    alarms.on_message(alarm(AlarmAction="CLEAR", specificProblem=99))
    assert len(alarms.active()) == 2
    alarms.on_message(alarm(AlarmAction="CLEARALL"))
    assert [entry["applicationId"] for entry in alarms.active()] == ["other"]


def test_a_flood_of_alarms_keeps_the_latest() -> None:
    alarms = Alarms()
    for number in range(MAX_ALARMS + 10):
        alarms.on_message(alarm(specificProblem=number))
    kept = {entry["specificProblem"] for entry in alarms.active()}
    assert kept == set(range(10, MAX_ALARMS + 10))


def test_metrics_are_scraped_with_the_figures_of_the_core() -> None:
    metrics = Metrics(lambda: {"xapps_ready": 3})
    metrics.on_message(RmrMessage(120, json.dumps(REPORT).encode() + b"\0"))
    with served(core_application(metrics, Alarms(), lambda: False)) as web:
        text = web.get("/metrics").text
        assert 'ranwright_xapp_metric{generator="g",id="a",reporter="r"} 1.5' in text
        assert "ranwright_ric_xapps_ready 3.0" in text
        assert web.get("/ric/v1/alarms/active").json() == []
        assert web.get("/ric/v1/health/alive").status_code == 200
        assert web.get("/ric/v1/health/ready").status_code == 503


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@given(
    st.binary(max_size=50)
    | st.dictionaries(st.sampled_from([*ALARM, *REPORT]), json_values).map(
        lambda changes: json.dumps(ALARM | REPORT | changes).encode()
    )
)
def test_any_payload_is_taken_or_left(payload: bytes) -> None:
    metrics, alarms = Metrics(dict), Alarms()
    alarms.on_message(RmrMessage(110, payload))
    metrics.on_message(RmrMessage(120, payload))
    assert metrics.text()
    assert isinstance(alarms.active(), list)


def test_a_handler_that_fails_does_not_end_the_dispatch() -> None:
    handled: list[bytes] = []

    def handle(message: RmrMessage) -> None:
        handled.append(message.payload)
        if message.payload == b"bad":
            raise ValueError("a defect of a handler")

    with RmrEndpoint(RmrSettings()) as core, RmrEndpoint(RmrSettings()) as peer:
        dispatcher = Dispatcher(core, {30000: handle})
        wormhole = peer.open_wormhole(core.name)
        assert wormhole is not None
        for mtype, payload in ((30000, b"bad"), (31000, b"unknown"), (30000, b"good")):
            peer.send_wormhole(wormhole, RmrMessage(mtype, payload))
        wait_until(lambda: len(handled) == 2)
        wait_until(lambda: dispatcher.figures()["rmr_handled_messages"] == 1)
        figures = dispatcher.figures()
        assert (figures["rmr_failed_messages"], figures["rmr_unknown_messages"]) == (1, 1)
        assert probe(core.name) == "OK"
    dispatcher.join()
