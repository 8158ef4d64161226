from collections.abc import Iterator

import pytest

from tests.xapps.platform.loops import loop_thread
from xapps.platform.sdl.commands import Database
from xapps.platform.sdl.server import SdlServer


@pytest.fixture
def sdl_port(database: Database) -> Iterator[int]:
    with loop_thread() as thread:
        server = SdlServer(database, max_clients=50)
        yield thread.run(server.start())
        thread.run(server.close())


@pytest.fixture
def sdl_environment(sdl_port: int, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("DBAAS_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("DBAAS_SERVICE_PORT", str(sdl_port))
    return sdl_port
