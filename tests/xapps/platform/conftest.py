from collections.abc import Iterator
from pathlib import Path

import pytest

from xapps.platform.rmr.endpoint import RmrEndpoint
from xapps.platform.rmr.settings import RmrSettings
from xapps.platform.routes import RouteManager
from xapps.platform.sdl.broker import Broker
from xapps.platform.sdl.commands import Database
from xapps.platform.sdl.store import Store


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    store = Store(tmp_path / "sdl.sqlite")
    yield Database(store, Broker())
    store.close()


@pytest.fixture
def routes() -> Iterator[RouteManager]:
    with (
        RmrEndpoint(RmrSettings()) as core,
        RmrEndpoint(RmrSettings()) as control,
        RmrEndpoint(RmrSettings()) as e2,
    ):
        yield RouteManager(core, control, e2)
