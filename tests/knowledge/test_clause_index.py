import json

import pytest
from typer.testing import CliRunner

from agents.cli.main import app
from benchmarks.specimen.family import family
from knowledge import clause_index as indexes
from knowledge import retrieve
from knowledge.chunks import MAX_CHARS, header, split
from knowledge.ingest.model import Clause, Piece, PieceKind
from knowledge.ingest.run import ingest
from knowledge.ingest.store import Store
from knowledge.manifest import manifest
from knowledge.retrieve import passages, stands


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("family")
    archives, _ = family(3)
    for name in sorted(archives)[:4]:
        (folder / name).write_bytes(archives[name])
    with Store(folder / "store.sqlite") as store:
        ingest(sorted(folder.glob("*.zip"))[:2], store)
    return folder


def test_a_new_document_costs_its_own_chunks_alone(place, monkeypatch):
    encoded = []
    original = indexes._encode
    monkeypatch.setattr(indexes, "_encode", lambda *a: (encoded.append(a[1].name), original(*a)))
    with Store(place / "store.sqlite") as store:
        before = manifest(store)
        passages("what is context setup for", 3, store)
        assert encoded == ["38.951 18.2.0"]
        ingest(sorted(place.glob("*.zip")), store)
        assert manifest(store).digest != before.digest
        assert manifest(store) == manifest(store)
        passages("what is context setup for", 3, store)
        assert encoded == ["38.951 18.2.0", "38.952 18.2.0"]
        retrieve._indexes.clear()
        passages("what is context setup for", 3, store)
        assert len(encoded) == 2


def test_a_run_that_was_cut_off_goes_on(place, tmp_path, monkeypatch):
    monkeypatch.setenv("RANWRIGHT_CACHE", str(tmp_path))
    original, texts = indexes.encoder.load(), []

    class Dying:
        def encode(self, batch):
            if len(texts) >= 2:
                raise KeyboardInterrupt
            texts.append(len(batch))
            return original.encode(batch)

    from knowledge.chroma_vectors import ChromaVectors

    vectors = ChromaVectors(tmp_path / "vectors")
    with Store(place / "store.sqlite") as store:
        entries = store.entries("38.951")[-1:]
        monkeypatch.setattr(indexes.encoder, "load", Dying)
        monkeypatch.setattr(indexes, "_BATCH", 10)
        with pytest.raises(KeyboardInterrupt):
            indexes.ClauseIndex(store, entries, vectors)
        monkeypatch.setattr(indexes.encoder, "load", lambda: original)
        told = []
        index = indexes.ClauseIndex(store, entries, vectors, lambda *said: told.append(said))
        assert told[0][1] == 30
        assert told[-1][1] == told[-1][2] == len(index.places)
    vectors.close()


def test_a_version_that_is_named_is_searched_and_preferred(place):
    with Store(place / "store.sqlite") as store:
        (newest,) = passages("What is context setup for, in 38.951", 1, store)
        assert newest.version == "18.2.0"
        (older,) = passages("What is context setup for, in 38.951 V18.1.0", 1, store)
        assert older.version == "18.1.0"
        assert all(p.spec == "38.951" for p in passages("context setup", 5, store, spec="38.951"))


def test_questions_outside_the_corpus_are_not_answered(place):
    with Store(place / "store.sqlite") as store:
        for query in ("how deep must a fence post be set", "OSPF hello interval", "", "?"):
            assert passages(query, 5, store) == ()
        found = passages("Which message confirms that load report was done?", 5, store)
        assert found
        assert all(stands(passage, store) for passage in found)


def test_long_clauses_are_parted_at_lines_and_lose_nothing():
    lines = [f"line {n} " + "x" * 90 for n in range(60)]
    pieces = (Piece.of(PieceKind.PARAGRAPH, "\n".join(lines)), Piece.of(PieceKind.CODE, "y" * 5000))
    clause = Clause(number="5.1", title="Toy", path=("Toys", "Toy"), level=2, pieces=pieces)
    texts = split(clause)
    assert max(map(len, texts)) <= MAX_CHARS
    whole = "".join(texts).replace("\n", "")
    assert whole == "".join(lines) + "y" * 5000
    assert header("38.473", "", clause) == "TS 38.473 F1AP §5.1 Toy (Toys › Toy)"
    assert header("E2SM-X", "Toys; Toy model", clause).startswith("E2SM-X Toy model §5.1")


def test_the_command_finds_rules_and_clauses_and_says_when_it_abstains(place):
    run = CliRunner().invoke
    store = ["--store", str(place / "store.sqlite"), "--json"]
    said = run(app, ["knowledge", "search", "how long a condition holds before handover", *store])
    assert json.loads(said.stdout)["parameters"]
    said = run(app, ["knowledge", "search", "beam switch", "--spec", "38.951", "-k", "2", *store])
    answer = json.loads(said.stdout)
    assert answer["parameters"] == []
    assert [p["spec"] for p in answer["passages"]] == ["38.951", "38.951"]
    said = run(app, ["knowledge", "search", "best month to prune apple trees", *store])
    assert said.exit_code == 2
    assert json.loads(said.stdout)["abstained"]
