"""JSON-RPC over a Unix socket: results, progress, errors, broken peers."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import ExitCode, RanwrightError
from contracts.rpc import Client, Emit, Server


def _refuse(_params: dict[str, Any], _emit: Emit) -> Any:
    raise RanwrightError("test.refused", "No.", "Ask again.", ExitCode.INFEASIBLE)


def _break(_params: dict[str, Any], _emit: Emit) -> Any:
    raise KeyError("gone")


def _count(params: dict[str, Any], emit: Emit) -> Any:
    for number in range(params["n"]):
        emit(number)
    return "done"


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    server = Server(
        tmp_path / "t.sock",
        {"echo": lambda p, e: p, "refuse": _refuse, "break": _break, "count": _count},
    )
    thread = server.start()
    yield tmp_path / "t.sock"
    server.close()
    thread.join(timeout=5)


def test_calls_on_one_connection(path: Path) -> None:
    with Client(path) as client:
        assert client.call("echo", {"a": [1, None]}) == {"a": [1, None]}
        seen: list[int] = []
        assert client.call("count", {"n": 3}, seen.append) == "done"
        assert seen == [0, 1, 2]
        assert client.call("count", {"n": 3}) == "done"
    assert path.stat().st_mode & 0o777 == 0o600


def test_errors_keep_code_remedy_and_exit_code(path: Path) -> None:
    with Client(path) as client:
        with pytest.raises(RanwrightError) as caught:
            client.call("refuse")
        error = caught.value
        assert (error.code, error.remedy, error.exit_code) == (
            "test.refused",
            "Ask again.",
            ExitCode.INFEASIBLE,
        )
        for method, expected in (("break", "rpc.defect"), ("absent", "rpc.bad_request")):
            with pytest.raises(RanwrightError) as caught:
                client.call(method)
            assert caught.value.code == expected
        assert client.call("echo") == {}


def test_a_listener_that_raises_does_not_shift_answers(path: Path) -> None:
    class Stop(Exception):
        pass

    def stop(_: Any) -> None:
        raise Stop

    with Client(path) as client:
        with pytest.raises(Stop):
            client.call("count", {"n": 5}, stop)
        assert client.call("echo", {"x": 1}) == {"x": 1}


@pytest.mark.parametrize(
    "line", [b"no json\n", b"[]\n", b'{"method":"echo"}\n', b"[" * 5000 + b"\n"]
)
def test_nonsense_is_answered(path: Path, line: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(path))
        raw.sendall(line)
        with raw.makefile("rb") as answers:
            assert b"rpc.bad_request" in answers.readline()


def test_an_absent_server_is_unreachable(tmp_path: Path) -> None:
    with Client(tmp_path / "none.sock") as client, pytest.raises(RanwrightError) as caught:
        client.call("ping")
    assert caught.value.code == "rpc.unreachable"


def test_a_silent_server_is_unreachable(tmp_path: Path) -> None:
    release = threading.Event()
    server = Server(tmp_path / "s.sock", {"wait": lambda p, e: release.wait(10)})
    thread = server.start()
    with Client(tmp_path / "s.sock", 0.1) as client, pytest.raises(RanwrightError) as caught:
        client.call("wait")
    assert caught.value.code == "rpc.unreachable"
    release.set()
    server.close()
    thread.join(timeout=5)
