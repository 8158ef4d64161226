"""A REST application served on a loopback port for the length of a test."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from fastapi import FastAPI

from tests.xapps.platform.loops import loop_thread
from xapps.platform.http import HttpServer


@contextmanager
def served(app: FastAPI) -> Iterator[httpx.Client]:
    async def begin() -> tuple[HttpServer, int]:
        server = HttpServer(app)
        return server, await server.start()

    with loop_thread() as thread:
        server, port = thread.run(begin())
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            yield client
        thread.run(server.close())
