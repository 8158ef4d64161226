"""Sites with running processes."""

from collections.abc import Iterator

import pytest

from tests.xapps.world import World


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A site of its own, processes not started."""
    made = World.make(tmp_path_factory.mktemp("site"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A running site that the tests of a module share; none of them may change the plant."""
    made = World.make(tmp_path_factory.mktemp("site"))
    made.start_all()
    yield made
    made.close()
