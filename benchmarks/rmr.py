"""RMR between two processes on loopback: round trips and one-way throughput, three levels.

    python -m benchmarks.rmr [--pings 5000] [--messages 20000]

*endpoint* is our typed API; *calls* are ``ricxappframe.rmr`` functions; *xApp* is an ``Xapp``
against an ``RMRXapp``. The last two run on librmr_si.so where it loads, else on the stand-in; the
table says which. Writes ``benchmarks/results/rmr.json``.
"""

import argparse
import importlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from contracts.errors import RanwrightError
from xapps.platform.rmr import RmrEndpoint, RmrMessage, RmrSettings, RmrState, table_text
from xapps.platform.rmr.route_text import RouteEntry
from xapps.platform.standin.install import RMR_LIBRARY, install

RESULTS = Path(__file__).parent / "results" / "rmr.json"
PAYLOAD_BYTES = 200
PING, PONG, COUNTED, HOW_MANY, SO_MANY = 30000, 30001, 30002, 30003, 30004
LEVELS = ("endpoint", "calls", "xApp")
_WARM_UP = 200
_PAYLOAD = bytes(PAYLOAD_BYTES)
_STOPPED_S = 0.5

Row = dict[str, object]
Send = Callable[[int], bool]
Take = Callable[[float], tuple[int, bytes] | None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pings", type=int, default=5_000)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--role", choices=("measure", "answer"), help=argparse.SUPPRESS)
    parser.add_argument("--level", choices=LEVELS, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.role == "answer":
        {"endpoint": _answer_endpoint, "calls": _answer_calls, "xApp": _answer_xapp}[
            arguments.level
        ](arguments.port)
    elif arguments.role == "measure":
        levels = {"endpoint": _measure_endpoint, "calls": _measure_calls, "xApp": _measure_xapp}
        _or_end(levels[arguments.level], arguments)
    else:
        _compare(arguments)


def _or_end(measure: Callable[[argparse.Namespace], None], arguments: argparse.Namespace) -> None:
    """End the process when measuring fails: threads of the framework would keep it alive."""
    try:
        measure(arguments)
    except BaseException:  # noqa: BLE001 - printed, and the process ends
        traceback.print_exc()
        os._exit(1)


def _compare(arguments: argparse.Namespace) -> None:
    from benchmarks.machine import code, machine  # heavy: the measured processes go without

    stands_in = install()[RMR_LIBRARY]
    rows = []
    for level in LEVELS:
        ours = level == "endpoint" or stands_in
        row = _between_two_processes(level, arguments)
        rows.append({"level": level, "on": "ours" if ours else RMR_LIBRARY, **row})
    document = {
        "payload_bytes": PAYLOAD_BYTES,
        "pings": arguments.pings,
        "messages": arguments.messages,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": code(),
        "machine": machine(),
        "rows": rows,
    }
    arguments.output.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    _print(rows)


def _between_two_processes(level: str, arguments: argparse.Namespace) -> Row:
    answering, measuring = _free_port(), _free_port()
    with tempfile.TemporaryDirectory() as folder:
        routes = [
            RouteEntry(mtype, ((f"127.0.0.1:{answering}",),)) for mtype in (PING, COUNTED, HOW_MANY)
        ]
        seeds = {"answer": Path(folder) / "answer.rt", "measure": Path(folder) / "measure.rt"}
        seeds["answer"].write_text(table_text([]), encoding="utf-8")
        seeds["measure"].write_text(table_text(routes), encoding="utf-8")
        sizes = ("--pings", str(arguments.pings), "--messages", str(arguments.messages))
        answer = _start(level, "answer", answering, seeds["answer"])
        measure = _start(level, "measure", measuring, seeds["measure"], *sizes)
        try:
            output, _ = measure.communicate(timeout=120)
            if measure.returncode:
                raise SystemExit(f"level {level} could not be measured")
        finally:
            measure.kill()
            answer.kill()
            answer.wait()
    result: Row = json.loads(output.splitlines()[-1])
    return result


def _start(level: str, role: str, port: int, seed: Path, *more: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "RMR_SEED_RT": str(seed),
        "RMR_RTG_SVC": "-1",
        "RMR_SRC_ID": "127.0.0.1",
        "RMR_BIND_IF": "127.0.0.1",
    }
    return subprocess.Popen(
        (
            *(sys.executable, "-m", "xapps.platform.launch", "-m", "benchmarks.rmr"),
            *("--role", role, "--level", level, "--port", str(port), *more),
        ),
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def _measure(arguments: argparse.Namespace, send: Send, take: Take) -> None:
    """Measure with one way to send and one to receive, print the figures, and end."""
    until_s = time.monotonic() + 30.0
    while not send(PING):
        if time.monotonic() > until_s:
            raise TimeoutError("nobody answers")
        time.sleep(0.05)
    _expect(take, PONG)
    for _ in range(_WARM_UP):
        _round_trip_us(send, take)
    times_us = sorted(_round_trip_us(send, take) for _ in range(arguments.pings))
    began_s = time.perf_counter()
    retries = 0
    for _ in range(arguments.messages):
        while not send(COUNTED):
            retries += 1
    sent_s = time.perf_counter() - began_s
    arrived, arrived_s = _await_all(send, take, arguments.messages, began_s)
    figures = {
        "round_trip_p50_us": round(statistics.median(times_us)),
        "round_trip_p99_us": round(times_us[int(0.99 * len(times_us))]),
        "sent_per_s": round(arguments.messages / sent_s),
        "arrived_per_s": round(arrived / arrived_s),
        "lost": arguments.messages - arrived,
        "retries": retries,
    }
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()
    os._exit(0)  # threads of the framework would go on


def _round_trip_us(send: Send, take: Take) -> float:
    began_s = time.perf_counter()
    while not send(PING):
        pass
    _expect(take, PONG)
    return 1e6 * (time.perf_counter() - began_s)


def _expect(take: Take, mtype: int) -> bytes:
    while (taken := take(5.0)) is None or taken[0] != mtype:
        if taken is None:
            raise TimeoutError(f"no message {mtype}")
    return taken[1]


def _await_all(send: Send, take: Take, count: int, began_s: float) -> tuple[int, float]:
    """How many arrived, and when the last one had; ends too when none arrives any longer."""
    seen, seen_s = -1, time.perf_counter()
    while True:
        while not send(HOW_MANY):
            pass
        arrived = int(_expect(take, SO_MANY))
        now_s = time.perf_counter()
        if arrived != seen:
            seen, seen_s = arrived, now_s
        if arrived >= count or now_s - seen_s > _STOPPED_S:
            return arrived, seen_s - began_s


def _answer_endpoint(port: int) -> None:
    endpoint = RmrEndpoint(RmrSettings(port=port))
    count = 0
    while True:
        message = endpoint.receive(None)
        assert message is not None
        if message.mtype == PING:
            endpoint.reply(message, mtype=PONG)
        elif message.mtype == COUNTED:
            count += 1
        else:
            endpoint.reply(message, mtype=SO_MANY, payload=str(count).encode())


def _measure_endpoint(arguments: argparse.Namespace) -> None:
    endpoint = RmrEndpoint(RmrSettings(port=arguments.port))
    endpoint.set_routes(Path(os.environ["RMR_SEED_RT"]).read_text(encoding="utf-8"))

    def take(timeout_s: float) -> tuple[int, bytes] | None:
        message = endpoint.receive(timeout_s)
        return None if message is None else (message.mtype, message.payload)

    _measure(
        arguments,
        lambda mtype: endpoint.send(RmrMessage(mtype, _PAYLOAD)) is RmrState.OK,
        take,
    )


def _calls(port: int) -> tuple[Any, Any]:
    rmr = importlib.import_module("ricxappframe.rmr.rmr")
    handle = rmr.rmr_init(str(port).encode(), 4096, rmr.RMRFL_MTCALL)
    while not rmr.rmr_ready(handle):
        time.sleep(0.01)
    return rmr, handle


def _answer_calls(port: int) -> None:
    rmr, handle = _calls(port)
    count = 0
    buffer = rmr.rmr_alloc_msg(handle, 4096)
    while True:
        buffer = rmr.rmr_rcv_msg(handle, buffer)
        if buffer.contents.state != 0:
            continue
        mtype = buffer.contents.mtype
        if mtype == PING:
            buffer = rmr.rmr_rts_msg(handle, buffer, mtype=PONG)
        elif mtype == COUNTED:
            count += 1
        else:
            payload = str(count).encode()
            buffer = rmr.rmr_rts_msg(handle, buffer, payload=payload, mtype=SO_MANY)


def _measure_calls(arguments: argparse.Namespace) -> None:
    rmr, handle = _calls(arguments.port)
    out, into = rmr.rmr_alloc_msg(handle, 4096), rmr.rmr_alloc_msg(handle, 4096)

    def send(mtype: int) -> bool:
        nonlocal out
        rmr.set_payload_and_length(_PAYLOAD, out)
        out.contents.mtype = mtype
        out = rmr.rmr_send_msg(handle, out)
        return bool(out.contents.state == 0)

    def take(timeout_s: float) -> tuple[int, bytes] | None:
        nonlocal into
        into = rmr.rmr_torcv_msg(handle, into, int(1000 * timeout_s))
        if into.contents.state != 0:
            return None
        return into.contents.mtype, rmr.get_payload(into)

    _measure(arguments, send, take)


def _answer_xapp(port: int) -> None:
    framework = importlib.import_module("ricxappframe.xapp_frame")
    count = 0

    def answer(self: Any, _summary: dict[str, Any], sbuf: Any) -> None:
        self.rmr_rts(sbuf, new_mtype=PONG)
        self.rmr_free(sbuf)

    def note(self: Any, _summary: dict[str, Any], sbuf: Any) -> None:
        nonlocal count
        count += 1
        self.rmr_free(sbuf)

    def tell(self: Any, _summary: dict[str, Any], sbuf: Any) -> None:
        self.rmr_rts(sbuf, new_payload=str(count).encode(), new_mtype=SO_MANY)
        self.rmr_free(sbuf)

    xapp = framework.RMRXapp(tell, rmr_port=port, use_fake_sdl=True)
    xapp.register_callback(answer, PING)
    xapp.register_callback(note, COUNTED)
    xapp.run()


def _measure_xapp(arguments: argparse.Namespace) -> None:
    framework = importlib.import_module("ricxappframe.xapp_frame")
    queue = importlib.import_module("queue")

    def entry(self: Any) -> None:
        def take(timeout_s: float) -> tuple[int, bytes] | None:
            try:
                summary, sbuf = self._rmr_loop.rcv_queue.get(timeout=timeout_s)
            except queue.Empty:
                return None
            self.rmr_free(sbuf)
            return summary["message type"], summary["payload"]

        _measure(arguments, lambda mtype: self.rmr_send(_PAYLOAD, mtype, retries=1), take)

    framework.Xapp(entry, rmr_port=arguments.port, use_fake_sdl=True).run()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _print(rows: list[Row]) -> None:
    table = Table("level", "on", "RTT p50 us", "p99 us", "sent / s", "arrived / s", "lost")
    for row in rows:
        names = ("level", "on", "round_trip_p50_us", "round_trip_p99_us", "sent_per_s")
        table.add_row(*(str(row[name]) for name in (*names, "arrived_per_s", "lost")))
    Console(width=100).print(table)


if __name__ == "__main__":
    try:
        main()
    except RanwrightError as error:
        sys.exit(str(error))
