"""Our endpoint and the real librmr_si.so, in both directions."""

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.xapps.platform.support import endpoints, eventually, routed
from xapps.platform.rmr import RmrMessage, RmrState
from xapps.platform.rmr.health import probe
from xapps.platform.rmr.route_distributor import RouteDistributor

try:
    ctypes.CDLL("librmr_si.so")
except OSError as missing:
    pytest.skip(f"the real library does not load: {missing}", allow_module_level=True)

# Run without the launcher: ricxappframe on the real library, answering what it gets.
_ANSWERING = """
import sys
from ricxappframe.rmr import rmr
context = rmr.rmr_init(sys.argv[1].encode(), 4096, rmr.RMRFL_MTCALL)
while not rmr.rmr_ready(context):
    pass
buffer = rmr.rmr_alloc_msg(context, 4096)
while True:
    buffer = rmr.rmr_rcv_msg(context, buffer)
    if buffer.contents.state == 0:
        kind = 101 if buffer.contents.mtype == 100 else buffer.contents.mtype + 1
        payload = b"OK" if kind == 101 else rmr.get_payload(buffer)
        buffer = rmr.rmr_rts_msg(context, buffer, payload=payload, mtype=kind)
"""


@pytest.fixture
def real(tmp_path: Path) -> Iterator[str]:
    """Name of an endpoint on the real library."""
    seed = tmp_path / "seed.rt"
    seed.write_text("newrt|start\nnewrt|end\n", encoding="utf-8")
    with endpoints(1) as (taken,):
        port = taken.port  # free again at once: connections made without traffic leave nothing
    environment = {
        **os.environ,
        "RMR_SEED_RT": str(seed),
        "RMR_RTG_SVC": "-1",
        "RMR_BIND_IF": "127.0.0.1",
        "RMR_SRC_ID": "127.0.0.1",
    }
    process = subprocess.Popen([sys.executable, "-c", _ANSWERING, str(port)], env=environment)
    name = f"127.0.0.1:{port}"
    with endpoints(1) as (asker,):
        eventually(lambda: asker.open_wormhole(name) is not None, "the real endpoint listens")
    yield name
    process.kill()
    process.wait()


def test_the_real_library_answers_what_we_send(real: str) -> None:
    with endpoints(1) as (ours,):
        routed(ours, 30000, real)
        for size in (1, 200, 3000):
            payload = bytes(range(256)) * 12
            sent = RmrMessage(30000, payload[:size], 7, "gnb_1", b"x" * 32)
            assert ours.send(sent, wait_s=1.0) is RmrState.OK
            answer = ours.receive(5.0)
            assert answer is not None
            assert (answer.mtype, answer.payload) == (30001, payload[:size])
            assert (answer.meid, answer.xid) == (sent.meid, sent.xid)


def test_the_real_library_answers_our_calls_and_probes(real: str) -> None:
    with endpoints(1) as (ours,):
        routed(ours, 30000, real)
        answer = ours.call(RmrMessage(30000, b"call"), 5.0)
        assert isinstance(answer, RmrMessage)
        assert answer.payload == b"call"
    assert probe(real, 5.0) == "OK"


def test_the_real_library_takes_our_route_tables() -> None:
    with endpoints(2) as (manager, _):
        distributor = RouteDistributor(manager, lambda _: "newrt|start|t\nnewrt|end|0\n")
        environment = {
            **os.environ,
            "RMR_RTG_SVC": manager.name,
            "RMR_CTL_PORT": str(_free_port()),
            "RMR_RTREQ_FREQ": "1",
            "RMR_BIND_IF": "127.0.0.1",
            "RMR_SRC_ID": "127.0.0.1",
        }
        environment.pop("RMR_SEED_RT", None)
        command = [sys.executable, "-c", _ANSWERING, str(_free_port())]
        process = subprocess.Popen(command, env=environment)
        try:
            eventually(
                lambda: any(d.answer == "OK t" for d in distributor.deliveries.values()),
                "the table taken",
            )
        finally:
            process.kill()
            process.wait()


def _free_port() -> int:
    with endpoints(1) as (endpoint,):
        return endpoint.port
