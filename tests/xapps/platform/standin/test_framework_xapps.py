"""Unmodified ricxappframe xApps in processes of their own, on the stand-in."""

import itertools
import json
import time

from tests.xapps.platform.ric import running_ric
from tests.xapps.platform.support import endpoints, eventually, routed
from xapps.platform.rmr import RmrEndpoint, RmrMessage, RmrState, RouteEntry, table_text
from xapps.platform.rmr.health import probe

_FLOOD_PER_S = 8_000
_FLOOD_S = 3.0


def test_two_xapps_exchange_messages() -> None:
    with running_ric() as ric:
        _, responder = ric.start_sample("responder.py")
        general = [RouteEntry(mtype, ((responder,),)) for mtype in (100, 60000)]
        table = table_text([*general, RouteEntry(12040)], {"gnb_1": responder})
        asker, _ = ric.start_sample("asker.py", responder, table=table)
        output, errors = asker.communicate(timeout=60)
        assert asker.returncode == 0, errors
        found = json.loads(output.splitlines()[-1])
    assert found == {
        "healthy": True,
        "sdl": 6,
        "routed": True,
        "answer": "routed",
        "unrouted": False,
        "health": "OK\n",
        "call": "call",
        "by meid": 0,
        "meid answer": "by meid",
        "wormhole": 0,
        "wormhole answer": "through",
    }


def test_a_handler_that_raises_is_told_and_the_next_message_handled() -> None:
    with running_ric() as ric, endpoints(1) as (platform,):
        process, responder = ric.start_sample("responder.py")
        routed(platform, 600, responder)
        for _ in range(3):
            assert platform.send(RmrMessage(600, b"bad")) is RmrState.OK
        assert probe(responder, 10.0) == "OK"
        process.kill()
        lines = [json.loads(line) for line in process.communicate()[1].splitlines()]
        failed = [line for line in lines if line.get("event") == "xapp.handler_failed"]
        assert [(line["handler"], line["mtype"], line["times"]) for line in failed] == [
            ("fail", 600, times) for times in (1, 2, 3)
        ]
        assert "this handler cannot read b'bad'" in failed[0]["exception"]


def test_handlers_run_while_a_flood_lasts_and_no_message_is_lost_unseen() -> None:
    """At 8 000 messages a second the framework alone handles none before the flood is over."""
    with running_ric() as ric, endpoints(1) as (platform,):
        _, responder = ric.start_sample("responder.py")
        platform.set_routes(
            table_text([RouteEntry(mtype, ((responder,),)) for mtype in (400, 500)])
        )
        began_s = time.monotonic()
        taken = _flood(platform, 400)
        ended_s = time.monotonic()
        offered = int(_FLOOD_PER_S * _FLOOD_S)
        assert taken + sum(platform.counters.refused.values()) == offered
        runs_s = eventually(lambda: _all_runs_s(platform, taken), "every message handled")
        assert len(runs_s) == taken
        in_flood_s = [began_s, *(run_s for run_s in runs_s if run_s <= ended_s), ended_s]
        gaps_s = [after - before for before, after in itertools.pairwise(in_flood_s)]
        assert max(gaps_s) < 1.0, "handlers starved"
        assert len(in_flood_s) > 300 * (ended_s - began_s), "handlers hardly ran"


def _flood(platform: RmrEndpoint, mtype: int) -> int:
    taken = 0
    began_s = time.monotonic()
    for number in range(int(_FLOOD_PER_S * _FLOOD_S)):
        while time.monotonic() < began_s + number / _FLOOD_PER_S:
            time.sleep(0.001)
        taken += platform.send(RmrMessage(mtype, bytes(200)), wait_s=0.0) is RmrState.OK
    return taken


def _all_runs_s(platform: RmrEndpoint, count: int) -> list[float] | None:
    """When the counting handler ran, once it ran so often (CLOCK_MONOTONIC: one for all)."""
    answer = platform.call(RmrMessage(500), 60.0)
    runs_s: list[float] = json.loads(answer.payload) if isinstance(answer, RmrMessage) else []
    return runs_s if len(runs_s) >= count else None
