"""ricxappframe's own RMR module, unmodified, on the stand-in: after the ideas of its tests."""

import ctypes
import gc
import importlib
import json
import sys
import threading
import time
from collections.abc import Iterator
from ctypes import c_void_p
from types import ModuleType
from typing import Any

import pytest

from contracts.errors import RanwrightError
from tests.xapps.platform.support import eventually
from xapps.platform.rmr import RouteEntry, table_text
from xapps.platform.standin import context as standin_context
from xapps.platform.standin import rmrclib
from xapps.platform.standin.install import RMR_LIBRARY, install

_ROUTED_MTYPES = (1, 2, 60)
_ROUTED_SUB_ID = 777

if not install()[RMR_LIBRARY]:
    pytest.skip("the real librmr_si.so was loaded", allow_module_level=True)


@pytest.fixture(scope="module")
def rmr() -> ModuleType:
    return importlib.import_module("ricxappframe.rmr.rmr")


@pytest.fixture(scope="module")
def helpers() -> ModuleType:
    return importlib.import_module("ricxappframe.rmr.helpers")


@pytest.fixture
def pair(rmr: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Any]]:
    """A sender with routes to a receiver."""
    monkeypatch.setenv("RMR_SRC_ID", "127.0.0.1")
    monkeypatch.setenv("RMR_BIND_IF", "127.0.0.1")
    monkeypatch.setenv("RMR_RTG_SVC", "-1")
    sender, receiver = (rmr.rmr_init(b"0", rmr.RMR_MAX_RCV_BYTES, 0) for _ in range(2))
    name = _endpoint(receiver).name
    entries = [RouteEntry(mtype, ((name,),)) for mtype in _ROUTED_MTYPES]
    entries.append(RouteEntry(46656, ((name,),), sub_id=_ROUTED_SUB_ID))
    _endpoint(sender).set_routes(table_text(entries))
    yield sender, receiver
    rmr.rmr_close(sender)
    rmr.rmr_close(receiver)


def _endpoint(handle: Any) -> Any:
    context = rmrclib.context_of(handle)
    assert context is not None
    return context.endpoint


def _send(rmr: ModuleType, handle: Any, payload: bytes, mtype: int, sub_id: int = -1) -> Any:
    sbuf = rmr.rmr_alloc_msg(handle, len(payload), payload, mtype=mtype, sub_id=sub_id)
    return rmr.rmr_send_msg(handle, sbuf)


def _receive(rmr: ModuleType, handle: Any, timeout_ms: int = 5000) -> tuple[dict[str, Any], Any]:
    sbuf = rmr.rmr_torcv_msg(handle, rmr.rmr_alloc_msg(handle, 16), timeout_ms)
    return rmr.message_summary(sbuf), sbuf


def test_its_own_modules_are_loaded_as_they_are(rmr: ModuleType) -> None:
    loader = sys.modules["ricxappframe.rmr.rmrclib.rmrclib"]
    assert loader.__file__ is not None
    assert "site-packages" in loader.__file__
    assert isinstance(ctypes.CDLL, type), "CDLL is as it was"
    with pytest.raises(AttributeError, match="undefined symbol: rmr_nonsense"):
        loader.rmr_c_lib.rmr_nonsense  # noqa: B018
    with pytest.raises(OSError, match="librmr_si"):
        ctypes.CDLL(RMR_LIBRARY)


def test_constants_and_states_have_their_numbers(rmr: ModuleType) -> None:
    loader = sys.modules["ricxappframe.rmr.rmrclib.rmrclib"]
    constants = loader.get_constants()
    assert constants["RMR_MAX_XID"] == constants["RMR_MAX_SID"] == constants["RMR_MAX_MEID"] == 32
    assert constants["RMR_MAX_SRC"] == 64
    assert rmr.RMR_MAX_RCV_BYTES == 2048
    assert (rmr.RMRFL_MTCALL, rmr.RMRFL_NONE) == (2, 0)
    states = {number: loader.state_to_status(number) for number in range(17)}
    assert states[0] == "RMR_OK"
    assert states[2] == "RMR_ERR_NOENDPT"
    assert states[10] == "RMR_ERR_RETRY"
    assert states[12] == "RMR_ERR_TIMEOUT"
    assert states[15] == "RMR_ERR_INITFAILED"
    assert states[16] == "UNKNOWN STATE"


def test_a_new_buffer_is_empty(rmr: ModuleType, pair: tuple[Any, Any]) -> None:
    summary = rmr.message_summary(rmr.rmr_alloc_msg(pair[0], 256))
    assert summary == {
        "payload": b"",
        "payload length": 0,
        "message type": -1,
        "subscription id": -1,
        "transaction id": b"",
        "message state": 0,
        "message status": "RMR_OK",
        "payload max size": 256,
        "meid": b"",
        "message source": _endpoint(pair[0]).name,
        "errno": 0,
    }


def test_fields_are_kept_in_the_buffer(rmr: ModuleType, pair: tuple[Any, Any]) -> None:
    payload = b"\x01\x00\x80"
    sbuf = rmr.rmr_alloc_msg(
        pair[0], 256, payload=payload, gen_transaction_id=True, mtype=14, meid=b"asdf", sub_id=65
    )
    summary = rmr.message_summary(sbuf)
    assert (summary["payload"], summary["payload length"]) == (payload, 3)
    assert len(summary["transaction id"]) == 32
    assert (summary["message type"], summary["subscription id"]) == (14, 65)
    assert summary["meid"] == b"asdf"
    fixed = rmr.rmr_alloc_msg(pair[0], 256, gen_transaction_id=True, fixed_transaction_id=b"6" * 32)
    assert rmr.message_summary(fixed)["transaction id"] == b"6" * 32


@pytest.mark.parametrize(
    ("meid", "read"),
    [
        (b"\x01\x02", b"\x01\x02"),
        (bytes(31), b""),
        (b"6" * 31, b"6" * 31),
        (b"666\x01\x00\x01", b"666\x01"),
    ],
)
def test_a_meid_ends_at_a_nul(
    rmr: ModuleType, pair: tuple[Any, Any], meid: bytes, read: bytes
) -> None:
    sbuf = rmr.rmr_alloc_msg(pair[0], 16, payload=b"x", mtype=60)
    rmr.rmr_set_meid(sbuf, meid)
    assert rmr.rmr_get_meid(sbuf) == rmr.message_summary(sbuf)["meid"] == read
    rmr.rmr_send_msg(pair[0], sbuf)
    summary, _ = _receive(rmr, pair[1])
    assert summary["meid"] == read


def test_a_meid_too_long_is_refused(rmr: ModuleType, pair: tuple[Any, Any]) -> None:
    with pytest.raises(rmr.MeidSizeOutOfRange):
        rmr.rmr_set_meid(rmr.rmr_alloc_msg(pair[0], 16), b"8" * 32)


def test_a_message_is_sent_received_and_answered(rmr: ModuleType, pair: tuple[Any, Any]) -> None:
    sender, receiver = pair
    sent = _send(rmr, sender, b"\x01\x00\x80", 60)
    assert rmr.message_summary(sent)["message state"] == 0
    assert rmr.message_summary(sent)["payload length"] == 0
    summary, sbuf = _receive(rmr, receiver)
    assert (summary["message type"], summary["payload"]) == (60, b"\x01\x00\x80")
    assert summary["message source"] == _endpoint(sender).name
    for mtype in (6666, 6667):  # an answer can be repeated
        sbuf = rmr.rmr_rts_msg(receiver, sbuf, payload=b"message received", mtype=mtype)
        assert rmr.message_summary(sbuf)["message state"] == 0
        answer, _ = _receive(rmr, sender)
        assert (answer["message type"], answer["payload"]) == (mtype, b"message received")


def test_what_was_not_received_cannot_be_returned(rmr: ModuleType, pair: tuple[Any, Any]) -> None:
    sbuf = rmr.rmr_rts_msg(pair[0], rmr.rmr_alloc_msg(pair[0], 16), payload=b"x", mtype=1)
    assert rmr.message_summary(sbuf)["message status"] == "RMR_ERR_NOENDPT"


def test_routes_know_subscriptions(rmr: ModuleType, pair: tuple[Any, Any]) -> None:
    sender, receiver = pair
    _send(rmr, sender, b"x", 46656, _ROUTED_SUB_ID)
    summary, _ = _receive(rmr, receiver)
    assert (summary["message type"], summary["subscription id"]) == (46656, _ROUTED_SUB_ID)
    for mtype, sub_id in ((46656, 778), (46657, _ROUTED_SUB_ID)):
        sbuf = _send(rmr, sender, b"x", mtype, sub_id)
        summary = rmr.message_summary(sbuf)
        assert (summary["message state"], summary["errno"]) == (2, 6)
        assert sbuf.contents.mtype == mtype, "the message is still there for another try"


def test_a_receive_without_a_message_times_out(rmr: ModuleType, pair: tuple[Any, Any]) -> None:
    began_s = time.monotonic()
    summary, _ = _receive(rmr, pair[1], 50)
    assert 0.04 < time.monotonic() - began_s < 5.0
    assert (summary["message state"], summary["payload length"]) == (12, 0)
    fresh = rmr.rmr_torcv_msg(pair[1], None, 0)
    assert rmr.message_summary(fresh)["message status"] == "RMR_ERR_TIMEOUT"


def test_all_waiting_messages_are_drained_in_order(
    rmr: ModuleType, helpers: ModuleType, pair: tuple[Any, Any]
) -> None:
    sender, receiver = pair
    for number in range(13):
        _send(rmr, sender, b"message %d" % number, 1)
    eventually(lambda: _endpoint(receiver).backlog == 13, "all arrived")
    bundle = helpers.rmr_rcvall_msgs(receiver)
    assert [summary["payload"] for summary in bundle] == [b"message %d" % n for n in range(13)]
    for mtype in (1, 2, 1, 2):
        _send(rmr, sender, b"%d" % mtype, mtype)
    eventually(lambda: _endpoint(receiver).backlog == 4, "all arrived")
    filtered = helpers.rmr_rcvall_msgs_raw(receiver, [2])
    assert [summary["payload"] for summary, _ in filtered] == [b"2", b"2"]
    for summary, sbuf in filtered:
        assert rmr.message_summary(sbuf) == summary
        rmr.rmr_free_msg(sbuf)


def test_draining_ends_though_messages_go_on_coming(
    rmr: ModuleType, helpers: ModuleType, pair: tuple[Any, Any]
) -> None:
    """Else handlers would starve: ricxappframe hands on nothing before its drain returns."""
    sender, receiver = pair
    count = 3 * standin_context.POLLED_IN_A_ROW
    for _ in range(count):
        _send(rmr, sender, b"x", 1)
    eventually(lambda: _endpoint(receiver).backlog == count, "all arrived")
    sizes = []
    while sum(sizes) < count:
        sizes.append(len(helpers.rmr_rcvall_msgs(receiver, timeout=1000)))
    assert len(sizes) == 3
    assert max(sizes) <= standin_context.POLLED_IN_A_ROW + 1


def test_a_payload_grows_in_place(rmr: ModuleType, pair: tuple[Any, Any]) -> None:
    sbuf = rmr.rmr_alloc_msg(pair[0], 25)
    sbuf.contents.mtype, sbuf.contents.sub_id = 99, 100
    address = ctypes.addressof(sbuf.contents)
    payload = bytes(range(200))
    rmr.set_payload_and_length(payload, sbuf)
    summary = rmr.message_summary(sbuf)
    assert ctypes.addressof(sbuf.contents) == address
    assert summary["payload"] == payload
    assert (summary["message type"], summary["subscription id"]) == (99, 100)
    assert summary["payload max size"] >= 200


def test_a_payload_is_copied_or_not_as_asked(rmr: ModuleType, pair: tuple[Any, Any]) -> None:
    sbuf = rmr.rmr_alloc_msg(pair[0], 8, payload=b"payload", mtype=5, meid=b"m")
    twin = rmr.rmr_realloc_payload(sbuf, 100, copy=True, clone=True)
    rmr.set_payload_and_length(b"changed", sbuf)
    summary = rmr.message_summary(twin)
    assert (summary["payload"], summary["message type"], summary["meid"]) == (b"payload", 5, b"m")
    assert summary["payload max size"] >= 100
    emptied = rmr.message_summary(rmr.rmr_realloc_payload(sbuf, 100, copy=False))
    assert (emptied["payload length"], emptied["message type"]) == (0, -1)


def test_wormholes(rmr: ModuleType, pair: tuple[Any, Any]) -> None:
    sender, receiver = pair
    assert rmr.rmr_wh_open(sender, b"127.0.0.1:1") == -1
    assert rmr.rmr_wh_state(sender, 0) == 7
    wormhole = rmr.rmr_wh_open(sender, _endpoint(receiver).name.encode())
    assert rmr.rmr_wh_state(sender, wormhole) == 0
    assert rmr.rmr_wh_state(sender, wormhole + 1) == 8
    sbuf = rmr.rmr_alloc_msg(sender, 16, payload=b"through", mtype=4242)
    sbuf = rmr.rmr_wh_send_msg(sender, wormhole, sbuf)
    assert sbuf.contents.state == 0
    summary, _ = _receive(rmr, receiver)
    assert (summary["message type"], summary["payload"]) == (4242, b"through")
    sbuf = rmr.rmr_alloc_msg(sender, 16, payload=b"?", mtype=1)
    assert not rmr.rmr_wh_call(sender, wormhole, sbuf, 5, 30)
    rmr.rmr_wh_close(sender, wormhole)
    assert rmr.rmr_wh_state(sender, wormhole) == 7


def test_a_call_gets_its_answer_or_null(rmr: ModuleType, pair: tuple[Any, Any]) -> None:
    sender, receiver = pair
    wormhole = rmr.rmr_wh_open(sender, _endpoint(receiver).name.encode())
    for call in (
        lambda sbuf: rmr.rmr_call(sender, sbuf),
        lambda sbuf: rmr.rmr_wh_call(sender, wormhole, sbuf, 9, 5000),
    ):
        answering = _answer_one(rmr, receiver)
        sbuf = rmr.rmr_alloc_msg(sender, 16, payload=b"?", mtype=1, gen_transaction_id=True)
        asked = rmr.message_summary(sbuf)["transaction id"]
        answer = rmr.message_summary(call(sbuf))
        answering.join()
        assert (answer["message type"], answer["payload"]) == (2, b"!")
        assert answer["transaction id"] == asked
    unroutable = rmr.rmr_call(sender, rmr.rmr_alloc_msg(sender, 16, payload=b"?", mtype=99))
    assert rmr.message_summary(unroutable)["message status"] == "RMR_ERR_NOENDPT"


def _answer_one(rmr: ModuleType, handle: Any) -> threading.Thread:
    def answer() -> None:
        _, sbuf = _receive(rmr, handle)
        rmr.rmr_rts_msg(handle, sbuf, payload=b"!", mtype=2)

    thread = threading.Thread(target=answer)
    thread.start()
    return thread


def test_a_length_beyond_the_room_is_refused(rmr: ModuleType, pair: tuple[Any, Any]) -> None:
    sbuf = rmr.rmr_alloc_msg(pair[0], 16, payload=b"x", mtype=1)
    for length in (17, -1, 2**31 - 1):
        sbuf.contents.len = length
        assert rmr.rmr_send_msg(pair[0], sbuf).contents.state == 1


def test_null_and_unknown_contexts_are_harmless(rmr: ModuleType, pair: tuple[Any, Any]) -> None:
    for handle in (None, 99_999, c_void_p(None)):
        with pytest.raises(rmr.BadBufferAllocation):
            rmr.rmr_alloc_msg(handle, 4096)
        assert rmr.rmr_ready(handle) == 0
        assert rmr.rmr_set_stimeout(handle, 1) == -1
        assert rmr.rmr_wh_open(handle, b"127.0.0.1:1") == -1
        rmr.rmr_close(handle)
    assert rmr.rmr_ready(c_void_p(pair[0])) == 1
    assert rmr.rmr_set_stimeout(pair[0], 2) == 0
    sbuf = rmr.rmr_alloc_msg(pair[0], 16, payload=b"x", mtype=1)
    assert rmr.rmr_send_msg(None, sbuf).contents.state == 1


def test_a_pointer_from_elsewhere_is_refused(rmr: ModuleType) -> None:
    foreign = ctypes.pointer(rmr.rmr_mbuf_t())
    with pytest.raises(RanwrightError, match=r"rmr\.foreign_buffer"):
        rmr.rmr_free_msg(foreign)


def test_a_port_in_use_fails_the_init(rmr: ModuleType, pair: tuple[Any, Any]) -> None:
    for port in (str(_endpoint(pair[0]).port).encode(), b"tcp:nonsense"):
        with pytest.raises(rmr.InitFailed):
            rmr.rmr_init(port, 2048, 0)


def test_without_the_collector_thread_it_is_ready_at_once(
    rmr: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RMR_BIND_IF", "127.0.0.1")
    handle = rmr.rmr_init(b"tcp:0", 2048, 0x01)
    assert rmr.rmr_ready(handle) == 1
    assert rmr.message_summary(_send(rmr, handle, b"x", 1))["message state"] == 2
    rmr.rmr_close(handle)


def test_a_hostile_source_does_not_break_the_summary(
    rmr: ModuleType, pair: tuple[Any, Any]
) -> None:
    """ricxappframe decodes the source unchecked, in the thread that receives for the xApp."""
    sbuf = rmr.rmr_alloc_msg(pair[0], 16, payload=b"x", mtype=1)
    endpoint = _endpoint(pair[0])
    endpoint.name = "\udcff\udcfe:1"
    rmr.rmr_send_msg(pair[0], sbuf)
    summary, _ = _receive(rmr, pair[1])
    assert summary["message source"] == "??:1"


def test_messages_held_by_the_caller_are_bounded_and_garbage_is_not_held(
    rmr: ModuleType, pair: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sender, receiver = pair
    context = rmrclib.context_of(receiver)
    assert context is not None
    monkeypatch.setattr(context, "_tickets", type(context._tickets)())
    for _ in range(3):
        context._tickets.put(None)
    for number in range(6):
        _send(rmr, sender, b"%d" % number, 1)
    eventually(lambda: _endpoint(receiver).backlog == 6, "all arrived")
    held = [_receive(rmr, receiver) for _ in range(3)]
    assert [summary["payload"] for summary, _ in held] == [b"0", b"1", b"2"]
    assert _receive(rmr, receiver, 50)[0]["message state"] == 12
    rmr.rmr_free_msg(held[0][1])
    rmr.rmr_free_msg(held[0][1])  # twice is once
    assert _receive(rmr, receiver)[0]["payload"] == b"3"
    assert _receive(rmr, receiver, 50)[0]["message state"] in (0, 12)
    held.clear()
    gc.collect()
    rest = []
    while (summary := _receive(rmr, receiver, 50)[0])["message state"] == 0:
        rest.append(summary["payload"])
    assert rest[-1:] in ([b"5"], [])
    assert _endpoint(receiver).backlog == 0


def test_metrics_and_alarms_go_out_as_upstream_writes_them(
    rmr: ModuleType, pair: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sender, receiver = pair
    metric = importlib.import_module("ricxappframe.metric.metric")
    alarm = importlib.import_module("ricxappframe.alarm.alarm")
    name = _endpoint(receiver).name
    _endpoint(sender).set_routes(table_text([RouteEntry(120, ((name,),))]))
    metric.MetricsManager(sender, "reporter", "source").send_metrics(
        [metric.MetricData("id", "1", "type")]
    )
    summary, _ = _receive(rmr, receiver)
    assert summary["message type"] == 120
    assert json.loads(summary["payload"])["reporter"] == "reporter"
    host, _, port = name.rpartition(":")
    monkeypatch.setenv("ALARM_MGR_SERVICE_NAME", host)
    monkeypatch.setenv("ALARM_MGR_SERVICE_PORT", port)
    manager = alarm.AlarmManager(sender, "mo", "app")
    manager.raise_alarm(manager.create_alarm(3, alarm.AlarmSeverity.WARNING, "info", "more"))
    summary, _ = _receive(rmr, receiver)
    assert summary["message type"] == 110
    assert json.loads(summary["payload"])["specificProblem"] == 3
