"""JSON-RPC 2.0 over Unix sockets, one JSON document a line, with progress notifications.

Errors cross as :class:`RanwrightError`: same code, message and remedy on both sides. Streams (KPM
reports, roll-out progress) are notifications ``{"method": "progress"}`` before the final answer.
"""

import json
import socket
import socketserver
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import structlog

from contracts.errors import ExitCode, RanwrightError

Emit = Callable[[Any], None]
Handler = Callable[[dict[str, Any], Emit], Any]

MAX_LINE_BYTES = 64 * 1024 * 1024
_log = structlog.get_logger(__name__)


class Server:
    """Serves handlers by name; one thread a connection, requests on a connection in order."""

    def __init__(self, path: Path, handlers: Mapping[str, Handler]) -> None:
        path.unlink(missing_ok=True)
        self._server = _UnixServer(str(path), _connection_handler(handlers))
        path.chmod(0o600)
        self._path = path

    def serve_forever(self) -> None:
        """Answer until :meth:`close` is called from another thread."""
        self._server.serve_forever(poll_interval=0.1)

    def start(self) -> threading.Thread:
        """Answer from a daemon thread."""
        thread = threading.Thread(target=self.serve_forever, daemon=True)
        thread.start()
        return thread

    def close(self) -> None:
        """Stop answering and remove the socket."""
        self._server.shutdown()
        self._server.server_close()
        self._path.unlink(missing_ok=True)


class Client:
    """A connection to a :class:`Server`; connects at the first call and again after a break.

    One call at a time: a client is not shared between threads.
    """

    def __init__(self, path: Path, timeout_s: float | None = 30.0) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._socket: socket.socket | None = None

    def call(
        self, method: str, params: dict[str, Any] | None = None, on_progress: Emit | None = None
    ) -> Any:
        """Call a method and return its result.

        Args:
            method: name of the handler.
            params: its parameters, JSON values by name.
            on_progress: receives each notification that comes before the answer.

        Raises:
            RanwrightError: what the server raised, or ``rpc.unreachable`` when it cannot be
                reached, falls silent or closes in the middle.
        """
        try:
            answer = self._exchange(method, params or {}, on_progress or _ignore)
        except (OSError, ValueError) as error:
            self.close()
            raise self._unreachable(method, str(error)) from error
        except BaseException:
            self.close()  # the rest of the answer would be read as the next one
            raise
        return _result(answer)

    def _exchange(self, method: str, params: dict[str, Any], on_progress: Emit) -> dict[str, Any]:
        stream = self._connect().makefile("rwb")
        stream.write(_line({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
        stream.flush()
        while line := stream.readline(MAX_LINE_BYTES):
            message: dict[str, Any] = json.loads(line)
            if "id" in message:
                return message
            on_progress(message["params"])
        raise ConnectionError("the connection closed before the answer")

    def close(self) -> None:
        """Drop the connection; the next call connects again."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _connect(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.settimeout(self._timeout_s)
            self._socket.connect(str(self._path))
        return self._socket

    def _unreachable(self, method: str, detail: str) -> RanwrightError:
        return RanwrightError(
            "rpc.unreachable",
            f"{self._path.stem} did not answer {method}: {detail}.",
            "Start the site (ranwright up) or read its logs.",
            ExitCode.DEFECT,
        )


class _UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


def _connection_handler(handlers: Mapping[str, Handler]) -> type[socketserver.StreamRequestHandler]:
    class Connection(_Connection):
        pass

    Connection.handlers = handlers
    return Connection


class _Connection(socketserver.StreamRequestHandler):
    handlers: Mapping[str, Handler]

    def handle(self) -> None:
        try:
            while line := self.rfile.readline(MAX_LINE_BYTES):
                self._send({"jsonrpc": "2.0", "id": 1, **self._answer(line)})
        except (BrokenPipeError, ConnectionResetError):
            _log.info("rpc.client_left")

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            method, params = _request(line, self.handlers)
            return {"result": self.handlers[method](params, self._emit)}
        except RanwrightError as error:
            return _error(error)
        except (BrokenPipeError, ConnectionResetError):
            raise
        except Exception as error:  # noqa: BLE001 - process boundary: a defect must not kill it
            _log.exception("rpc.defect")
            return _error(defect(error))

    def _emit(self, value: Any) -> None:
        self._send({"jsonrpc": "2.0", "method": "progress", "params": value})

    def _send(self, message: dict[str, Any]) -> None:
        self.wfile.write(_line(message))
        self.wfile.flush()


def _request(line: bytes, handlers: Mapping[str, Handler]) -> tuple[str, dict[str, Any]]:
    try:
        request = json.loads(line)
        method, params = request["method"], request["params"]
        if method in handlers and isinstance(params, dict):
            return method, params
    except (ValueError, KeyError, TypeError, RecursionError):
        _log.info("rpc.unreadable_request", bytes=len(line))
    raise RanwrightError(
        "rpc.bad_request", "Not a request this process knows.", "Check method and params."
    )


def defect(error: Exception) -> RanwrightError:
    """What crosses a process boundary in place of an exception that nobody expected."""
    return RanwrightError(
        "rpc.defect",
        f"{type(error).__name__}: {error}",
        "Report this with the log.",
        ExitCode.DEFECT,
    )


def _ignore(_: Any) -> None:
    return None


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _error(error: RanwrightError) -> dict[str, Any]:
    return {"error": {"code": -32000, "message": error.message, "data": error.to_json()}}


def _result(message: dict[str, Any]) -> Any:
    if "error" in message:
        raise RanwrightError.from_json(message["error"]["data"])
    return message["result"]
