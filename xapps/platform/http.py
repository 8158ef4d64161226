"""What the REST services of the core share: refusals with a reason, bounded bodies, one server."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from contracts.errors import ExitCode, RanwrightError

MAX_BODY_BYTES = 1024 * 1024
_MAX_CONNECTIONS = 256
_STOP_TIMEOUT_S = 2


class RefusedError(RanwrightError):
    """A request that is refused, with the HTTP status that says so."""

    def __init__(self, status: int, code: str, message: str, remedy: str) -> None:
        super().__init__(code, message, remedy, ExitCode.REFUSED)
        self.status = status


def json_body(most_bytes: int) -> Callable[[Request], Awaitable[Any]]:
    """Reads and parses the body of a request, for :func:`fastapi.Depends`."""

    async def read(request: Request) -> Any:
        if "origin" in request.headers:
            # no xApp sends it, every browser does: a web page must not register or subscribe
            raise RefusedError(
                403, "http.from_a_page", "Requests of web pages are refused.", "Ask from a program."
            )
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > most_bytes:
                raise RefusedError(
                    413, "http.too_large", f"The body is over {most_bytes} bytes.", "Send less."
                )
        return parse_json(bytes(body))

    return read


def parse_json(text: bytes) -> Any:
    """The value of a JSON text.

    Raises:
        RefusedError: ``http.not_json``; NaN and infinities, which JSON does not have, included.
    """
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        detail = str(error) or "it is nested too deeply"
        raise RefusedError(
            400, "http.not_json", f"The body is not JSON: {detail}.", "Send one JSON document."
        ) from error


JsonBody = Annotated[Any, Depends(json_body(MAX_BODY_BYTES))]
"""The body of a request, parsed; for the signature of a path operation."""


def application(title: str) -> FastAPI:
    """An application whose errors are JSON with a code, a message and a remedy."""
    app = FastAPI(title=title, docs_url=None, redoc_url=None)
    app.add_exception_handler(RefusedError, _refusal)
    app.add_exception_handler(RanwrightError, _error)
    app.add_exception_handler(RequestValidationError, _bad_parameters)
    app.add_exception_handler(HTTPException, _http_error)
    return app


class HttpServer:
    """One application on one loopback port; lives in the event loop that starts it."""

    def __init__(self, app: FastAPI) -> None:
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                limit_concurrency=_MAX_CONNECTIONS,
                timeout_graceful_shutdown=_STOP_TIMEOUT_S,
            )
        )
        self._serving: asyncio.Task[None] | None = None

    async def start(self, port: int = 0) -> int:
        """Listen on 127.0.0.1 and answer from now on; returns the port (``0``: the system's)."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen(_MAX_CONNECTIONS)
        except OSError:
            listener.close()
            raise
        loop = asyncio.get_running_loop()
        self._serving = loop.create_task(self._server.serve(sockets=[listener]))
        return int(listener.getsockname()[1])

    async def close(self) -> None:
        """Finish what is being answered, for a bounded time, and stop listening."""
        if self._serving is not None:
            self._server.should_exit = True
            await self._serving


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _refusal(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)
    return JSONResponse(error.to_json(), error.status)


def _error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RanwrightError)
    return JSONResponse(error.to_json(), 500)


def _bad_parameters(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()[0]
    where = ".".join(map(str, found["loc"]))
    refusal = RefusedError(
        400, "http.bad_parameter", f"{where}: {found['msg']}.", "Correct the request."
    )
    return _refusal(_request, refusal)


def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    refusal = RefusedError(
        error.status_code, "http.refused", f"{error.detail}.", "Check path and method."
    )
    return JSONResponse(refusal.to_json(), error.status_code, headers=error.headers)
