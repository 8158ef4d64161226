"""Running sites, shared because starting five processes takes seconds."""

from collections.abc import Iterator

import pytest

from tests.agents.town import Town


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A running site; tests may act on it, and must not rely on its powers."""
    with Town(tmp_path_factory.mktemp("town")) as made:
        yield made
