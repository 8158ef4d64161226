import pytest

from knowledge import card_search, encoder, plugin, plugin_model, retrieve, vector_store


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """The tests build their own index and leave the user's cache and specifications alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RANWRIGHT_CACHE", str(tmp_path_factory.mktemp("cache")))
        folder = tmp_path_factory.mktemp("specifications")
        patch.setenv("RANWRIGHT_SPECIFICATIONS", str(folder / "specifications.sqlite"))
        _forget()
        yield
        _forget()


def _forget():
    for known in (
        card_search.built_in,
        encoder.load,
        plugin.encoder,
        plugin.reranker,
        plugin_model.load_reranker,
        vector_store.open_vectors,
    ):
        known.cache_clear()
    retrieve._indexes.clear()


@pytest.fixture
def configure(monkeypatch, tmp_path):
    """Sets settings as a new process would read them, beside a cache of its own."""

    def settings(**values):
        for name, value in values.items():
            monkeypatch.setenv(name, str(value))
        _forget()

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RANWRIGHT_CACHE", str(tmp_path / "cache"))
        _forget()
        yield settings
    monkeypatch.undo()
    _forget()
