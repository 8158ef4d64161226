import pytest

from knowledge import index


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """The tests build their own index and leave the user's cache alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RANWRIGHT_CACHE", str(tmp_path_factory.mktemp("cache")))
        index.open_collection.cache_clear()
        yield
        index.open_collection.cache_clear()
