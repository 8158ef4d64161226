"""Passages decide nothing: whatever goes wrong with them leaves a code and no passages."""

import sqlite3

import pytest

from agents.passages import beside, read_passages
from contracts.errors import RanwrightError
from knowledge import retrieve
from knowledge.ingest.run import ingest
from knowledge.ingest.store import Store


class Asked:
    user_label = "beam recovery timer of the terminal"


@pytest.fixture
def place(tmp_path, monkeypatch):
    path = tmp_path / "store.sqlite"
    monkeypatch.setenv("RANWRIGHT_SPECIFICATIONS", str(path))
    monkeypatch.setenv("RANWRIGHT_CACHE", str(tmp_path / "cache"))
    retrieve.open_vectors.cache_clear()
    retrieve._indexes.clear()
    yield path
    retrieve.open_vectors.cache_clear()
    retrieve._indexes.clear()


def fill(path, clauses):
    lines = [f"## 8.{n} Timer {n}\n\nThe beam recovery timer is {n} ms.\n" for n in range(clauses)]
    file = path.parent / "38901-i60.md"
    file.write_text("3GPP TS 38.901 V18.6.0 (2026-01)\n\n# 8 Toy\n\n" + "\n".join(lines))
    with Store(path) as store:
        ingest([file], store)


def look():
    return beside((), lambda: read_passages(Asked()))


def test_without_a_store_there_is_nothing_to_say(place):
    found = look()
    assert (found.passages, found.unread) == ((), "")


def test_a_damaged_store(place):
    place.write_bytes(b"no database at all, but long enough to be one" * 100)
    assert look().unread == "knowledge.store_damaged"


def test_a_locked_store(place):
    place.touch()
    holder = sqlite3.connect(place, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    assert look().unread == "knowledge.store_busy"
    holder.close()


def test_a_damaged_cache_is_made_anew(place):
    fill(place, 3)
    first = look()
    retrieve._indexes.clear()
    damaged = list(place.parent.joinpath("cache").rglob("clauses/*.json"))
    for kept in damaged:
        kept.write_text("{")
    assert damaged
    assert first.passages
    assert look() == first


def test_a_defect_is_named():
    def stumble():
        return (1 / 0,)

    found = beside((), stumble)
    assert (found.passages, found.unread) == ((), "passages.defect:ZeroDivisionError")


def test_what_is_not_indexed_stops_at_the_budget_and_goes_on_next_time(place, monkeypatch):
    monkeypatch.setattr("agents.passages._MOST_BATCHES", 1)
    fill(place, 80)
    assert look().unread == "knowledge.not_indexed"
    assert look().unread == ""


def test_a_refusal_keeps_its_code():
    def refuse():
        raise RanwrightError("knowledge.encoder_missing", "none", "none")

    assert beside((), refuse).unread == "knowledge.encoder_missing"
