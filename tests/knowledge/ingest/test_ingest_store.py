"""What the store does when files change, and when it cannot be used."""

import os
import sqlite3

import pytest

from benchmarks.specimen.docx import package
from benchmarks.specimen.specification import archive
from contracts.errors import RanwrightError
from knowledge.ingest import run, sources
from knowledge.ingest import store as stores
from knowledge.ingest.limits import Limits
from knowledge.ingest.number import Identity
from knowledge.ingest.run import files_of, ingest
from knowledge.ingest.store import Store

COVER = "3GPP TS 38.999 V18.{}.0 (2026-01)\n\n# {} Toys\n"


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store.sqlite") as opened:
        yield opened


def put(store, path, content):
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    (report,) = ingest([path], store)
    return report.outcome if report.error is None else report.error["code"]


def numbers(store):
    (entry,) = store.entries()
    return [clause.number for clause in store.document(entry).clauses]


def test_a_file_that_changes_back_is_read_again(store, tmp_path):
    path = tmp_path / "notes.md"
    for number in ("1", "2", "1"):
        assert put(store, path, f"# {number} Toys\n") == "ingested"
        assert numbers(store) == [number]


def test_a_copy_of_replaced_bytes_is_not_told_to_be_there(store, tmp_path):
    path, copy = tmp_path / "notes.md", tmp_path / "copy" / "notes.md"
    copy.parent.mkdir()
    for place in (path, copy):
        assert put(store, place, "# 1 Toys\n") == "ingested"
    assert put(store, path, "# 2 Toys\n") == "ingested"
    assert put(store, copy, "# 1 Toys\n") == "ingest.conflict"


def test_parts_that_a_file_gives_no_more_are_removed_and_other_versions_stay(store, tmp_path):
    path = tmp_path / "modules.zip"
    module = "openapi: 3.0.1\ninfo: {version: 18.6.0}\n"
    put(store, path, package({"TS28541_A.yaml": module, "TS28541_B.yaml": module}))
    assert [entry.part for entry in store.entries()] == ["A", "B"]
    put(store, path, package({"TS28541_A.yaml": module}))
    assert [entry.part for entry in store.entries()] == ["A"]
    spec = tmp_path / "toys.md"
    for version in (5, 6):
        assert put(store, spec, COVER.format(version, 1)) == "ingested"
    assert [entry.version for entry in store.entries("38.999")] == ["18.5.0", "18.6.0"]


def test_bytes_that_new_readers_read_otherwise_are_no_conflict_elsewhere(
    store, tmp_path, monkeypatch
):
    path, moved = tmp_path / "notes.md", tmp_path / "moved" / "notes.md"
    moved.parent.mkdir()
    assert put(store, path, "# 1 Toys\n") == "ingested"
    path.unlink()
    other = sources._ONE[".md"](b"# 2 Toys\n", sources.Budget(Limits()))
    monkeypatch.setitem(sources._ONE, ".md", lambda data, budget: other)
    monkeypatch.setattr(run, "READERS", run.READERS + 1)
    assert put(store, moved, "# 1 Toys\n") == "ingested"
    assert numbers(store) == ["2"]


def busy():
    return pytest.raises(RanwrightError, match=r"knowledge\.store_busy")


def test_a_store_that_cannot_be_opened_is_busy_and_not_damaged(tmp_path, monkeypatch):
    monkeypatch.setattr(stores, "_WAIT_SECONDS", 0.0)
    with busy():
        Store(tmp_path)
    (tmp_path / "file").touch()
    with busy():
        Store(tmp_path / "file" / "store.sqlite")
    path = tmp_path / "store.sqlite"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with busy():
        Store(path)
    holder.close()
    Store(path).__exit__(None, None, None)


def test_a_locked_store_refuses_a_file_and_the_run_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(stores, "_WAIT_SECONDS", 0.0)
    path = tmp_path / "store.sqlite"
    with Store(path) as store:
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        assert put(store, tmp_path / "notes.md", "# 1 Toys\n") == "knowledge.store_busy"
        holder.close()
        assert put(store, tmp_path / "notes.md", "# 1 Toys\n") == "ingested"
        with Store(path) as second:
            assert numbers(second) == ["1"]


def test_the_database_of_another_program_is_left_as_it_is(tmp_path):
    path = tmp_path / "other.sqlite"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE mine (a)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(RanwrightError, match=r"knowledge\.store_format"):
        Store(path)
    assert path.read_bytes() == before


@pytest.mark.timeout(20)  # reading a pipe that nobody writes to takes for ever
def test_odd_files_are_refused_one_by_one(store, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    os.mkfifo(folder / "pipe.md")
    unnamed = folder / os.fsdecode(b"caf\xe9.md")
    for path in (unnamed, folder / "toys.md"):
        path.write_text("# 1 Toys\n")
    reports = ingest([*files_of([folder]), *files_of([folder / "pipe.md"])], store)
    assert [(r.outcome, (r.error or {}).get("code")) for r in reports] == [
        ("refused", "ingest.file_name"),
        ("ingested", None),
        ("refused", "ingest.no_file"),
    ]
    assert reports[0].path.endswith("caf\\xe9.md")
    assert reports[0].model_dump_json()


def test_a_removed_version_is_gone_and_read_again(tmp_path):
    files = []
    for version in ("18.5.0", "18.6.0"):
        name, data = archive(Identity("38.999", version), 10)
        files.append(tmp_path / name)
        files[-1].write_bytes(data)
    with Store(tmp_path / "store.sqlite") as store:
        ingest(files, store)
        (gone,) = store.remove("38999", "18.5.0")
        assert gone.name == "38.999 18.5.0"
        assert [e.version for e in store.entries()] == ["18.6.0"]
        assert [r.outcome for r in ingest(files, store)] == ["ingested", "unchanged"]
        store.remove("38.999")
        assert store.entries() == []
        with pytest.raises(RanwrightError, match=r"knowledge\.unknown_specification"):
            store.remove("38.999")


def test_damage_met_while_reading_is_told(tmp_path):
    with Store(tmp_path / "store.sqlite") as store:
        store._db.execute("DROP TABLE clause")
        with pytest.raises(RanwrightError, match=r"knowledge\.store"):
            store.entries()
