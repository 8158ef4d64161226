"""Damage, cut-offs, odd characters and filters: what search says then."""

import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from agents.cli.main import app
from contracts.errors import RanwrightError
from knowledge import clause_cache, retrieve
from knowledge.find import find
from knowledge.ingest.run import ingest
from knowledge.ingest.store import Store
from knowledge.retrieve import passages
from knowledge.search import search
from knowledge.server import _Tools
from knowledge.vector_store import open_vectors

TEXT = """3GPP TS 38.911 V18.5.0 (2026-01)

# 8 Toy procedures

## 8.1 Beam handling

The beam recovery timer of the terminal is {value} ms.

## 8.2 Paging

A paging message wakes the terminal in its paging occasion.
"""
QUERY = "beam recovery timer of the terminal"


@pytest.fixture
def place(tmp_path):
    (tmp_path / "38911-i50.md").write_text(TEXT.format(value=10))
    with Store(tmp_path / "store.sqlite") as store:
        ingest([tmp_path / "38911-i50.md"], store)
        retrieve._indexes.clear()
        assert passages(QUERY, 1, store)
    return tmp_path / "store.sqlite"


def kept(place):
    with Store(place) as store:
        (entry,) = store.entries()
    return entry, clause_cache.place_of(entry), clause_cache.key(entry)


def test_vectors_that_were_cut_off_are_completed(place):
    _, _, group = kept(place)
    vectors = open_vectors()
    whole = vectors.ids(group)
    one = sorted(whole)[0]
    from knowledge import encoder

    vectors.remove(group)
    vectors.add(group, [one], encoder.load().encode(["anything"]))
    retrieve._indexes.clear()
    with Store(place) as store:
        passages(QUERY, 1, store)
    assert vectors.ids(group) == whole


@pytest.mark.parametrize("damage", [b"", b'{"chunks": [[0', b"null", b"\xff"])
def test_damaged_tokens_are_made_again(place, damage):
    entry, file, _ = kept(place)
    whole = clause_cache.read(entry)
    file.write_bytes(damage)
    retrieve._indexes.clear()
    with Store(place) as store:
        assert passages(QUERY, 1, store)
    assert clause_cache.read(entry) == whole


@pytest.mark.parametrize("how", ["remove", "replace"])
def test_what_goes_leaves_nothing_for_search(place, how):
    _, file, group = kept(place)
    with Store(place) as store:
        if how == "remove":
            store.remove("38.911")
        else:
            changed = place.parent / "38911-i50.md"
            changed.write_text(TEXT.format(value=20))
            ingest([changed], store)
            assert "20 ms" in passages(QUERY, 1, store)[0].text
    assert not file.exists()
    assert open_vectors().ids(group) == frozenset()


@pytest.mark.parametrize("folder", ["/proc/none", "/dev/null"])
def test_an_unusable_cache_is_told(folder):
    code = (
        "from contracts.errors import RanwrightError\n"
        "from knowledge.search import search\n"
        "try: search('cell edge')\n"
        "except RanwrightError as error: print(error.code)"
    )
    env = {**os.environ, "RANWRIGHT_CACHE": folder}
    said = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert said.stdout.strip() == "knowledge.cache", said.stderr


def test_half_characters_are_read_over(place):
    assert search("cell edge \udcff", 3)
    with Store(place) as store:
        assert passages(f"{QUERY} \ud800", 1, store)


def test_a_name_in_a_question_brings_nothing_else_that_is_not_near():
    (hit,) = search("please bake a cake with p-Max")
    assert hit.parameter_id.endswith("p-Max")
    assert hit.score is None


def test_specification_and_version_choose_rules_too(place, tmp_path):
    found = find("maximum transmit power", 3, place, spec="28.541")
    assert {rule.citation.spec for rule in found.rules} == {"TS 28.541"}
    assert found.passages == ()
    assert find(QUERY, 3, place, spec="38.911").rules == ()
    for store in (place, tmp_path / "none.sqlite"):
        with pytest.raises(RanwrightError, match=r"knowledge\.unknown_version"):
            find(QUERY, 3, store, version="99.0.0")
        with pytest.raises(RanwrightError, match=r"knowledge\.unknown_specification"):
            find(QUERY, 3, store, spec="38.999")
    with Store(place) as store, pytest.raises(RanwrightError, match=r"knowledge\.unknown_version"):
        passages(QUERY, 1, store, version="99.0.0")
    said = CliRunner().invoke(
        app, ["knowledge", "search", QUERY, "--version", "99.0.0", "--store", str(place)]
    )
    assert said.exit_code != 0


def test_other_agents_make_no_store(tmp_path):
    tools = _Tools(tmp_path / "none.sqlite")
    with pytest.raises(RanwrightError, match=r"knowledge\.no_store"):
        tools.clause("38.911", "8.1")
    with pytest.raises(RanwrightError, match=r"knowledge\.no_store"):
        tools.diff("38.911", "18.5.0", "18.6.0")
    assert list(tmp_path.iterdir()) == []


def test_the_first_fill_is_done_once(tmp_path):
    code = (
        "from knowledge import card_search, vectors\n"
        "from knowledge.chroma_vectors import ChromaVectors\n"
        "done, add = [], ChromaVectors.add\n"
        "ChromaVectors.add = lambda *a: (done.append(1), add(*a))\n"
        "card_search.built_in(); print(len(done))"
    )
    env = {**os.environ, "RANWRIGHT_CACHE": str(tmp_path)}
    command = [sys.executable, "-c", code]
    both = [subprocess.Popen(command, env=env, stdout=subprocess.PIPE) for _ in range(2)]
    said = [int(process.communicate()[0]) for process in both]
    assert sorted(said) == [0, 1]
