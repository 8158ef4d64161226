"""The HTTP side of an xApp: health, configuration, metrics, and outcomes of subscriptions.

Paths are those that the O-RAN SC platform asks for.
"""

import os
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from xapps.sdk.notices import RESPONSE_PATH

_MOST_BODY_OCTETS = 1 << 20
_JSON, _TEXT = "application/json", "text/plain; charset=utf-8"
_log = structlog.get_logger(__name__)


class XappServer:
    """Serves from threads until it is closed.

    Args:
        address: to listen on.
        port: 0 lets the system choose.
        notify: takes the outcome of a subscription; raises ValueError when it is none.
        is_ready: whether the xApp does its work.
    """

    def __init__(
        self,
        address: str,
        port: int,
        notify: Callable[[bytes], None],
        is_ready: Callable[[], bool] = lambda: True,
    ) -> None:
        handler = type("Handler", (_Handler,), {"notify": [notify], "is_ready": [is_ready]})
        self._server = ThreadingHTTPServer((address, port), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    notify: list[Callable[[bytes], None]]
    is_ready: list[Callable[[], bool]]

    def do_GET(self) -> None:
        match self.path:
            case "/ric/v1/health/alive":
                self._answer(HTTPStatus.OK, b"OK\n", _TEXT)
            case "/ric/v1/health/ready":
                ready = self.is_ready[0]()
                status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
                self._answer(status, b"OK\n" if ready else b"NOT READY\n", _TEXT)
            case "/ric/v1/config":
                self._answer(HTTPStatus.OK, Path(os.environ["CONFIG_FILE"]).read_bytes(), _JSON)
            case "/metrics" | "/ric/v1/metrics":
                self._answer(HTTPStatus.OK, generate_latest(), CONTENT_TYPE_LATEST)
            case _:
                self._answer(HTTPStatus.NOT_FOUND, b"", _TEXT)

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if self.path != RESPONSE_PATH:
            self._answer(HTTPStatus.NOT_FOUND, b"", _TEXT)
        elif not length.isdecimal() or int(length) > _MOST_BODY_OCTETS:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"", _TEXT)
        else:
            self._take(self.rfile.read(int(length)))

    def _take(self, body: bytes) -> None:
        try:
            self.notify[0](body)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            _log.warning("xapp.bad_notice", reason=repr(error), body=body[:200].decode("latin-1"))
            self._answer(HTTPStatus.BAD_REQUEST, b"", _TEXT)
        else:
            self._answer(HTTPStatus.OK, b"{}", _JSON)

    def _answer(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        _log.debug("xapp.http", line=format % args)
