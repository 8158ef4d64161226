import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.specimen.docx import package
from contracts.errors import RanwrightError
from knowledge.ingest import xml
from knowledge.ingest.archive import Archive, Budget
from knowledge.ingest.characters import Screen
from knowledge.ingest.limits import DEFAULT, Limits


def refused(code):
    return pytest.raises(RanwrightError, match=rf"ingest\.{code}")


def test_members_are_read_as_they_are():
    archive = Archive(package({"a.txt": "A", "b/c.txt": b"\0"}), Budget(DEFAULT))
    assert archive.names == ("a.txt", "b/c.txt")
    assert archive.read("b/c.txt") == b"\0"
    with refused("damaged"):
        archive.read("missing")


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "a\\..\\x", "C:x"])
def test_a_name_that_leaves_the_archive_is_refused(name):
    with refused("unsafe_path"):
        Archive(package({name: "x"}), Budget(DEFAULT))


def test_bombs_are_refused_by_what_they_unpack_to():
    bomb = package({"bomb": b"\0" * 5_000_000})
    assert len(bomb) < 10_000
    with refused("too_large"):
        Archive(bomb, Budget(Limits(member_bytes=1_000_000))).read("bomb")
    budget = Budget(Limits(unpacked_bytes=7_000_000))
    Archive(bomb, budget).read("bomb")
    with refused("too_large"):
        Archive(bomb, budget).read("bomb")
    with refused("too_large"):
        Archive(package({str(n): "" for n in range(5)}), Budget(Limits(members=4)))


def test_two_members_of_one_name_are_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a", "one")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a", "two")
    with refused("ambiguous"):
        Archive(out.getvalue(), Budget(DEFAULT))


def test_an_encrypted_member_is_refused():
    data = bytearray(package({"a": "x"}))
    directory = data.index(b"PK\x01\x02")
    data[directory + 8] |= 1
    with refused("encrypted"):
        Archive(bytes(data), Budget(DEFAULT)).read("a")


def test_a_member_that_lies_about_its_content_is_damaged():
    data = package({"a": "content " * 100})
    broken = data.replace(data[40:60], b"\xff" * 20)
    with refused("damaged"):
        Archive(broken, Budget(DEFAULT)).read("a")
    with refused("damaged"):
        Archive(data[:50], Budget(DEFAULT))


LAUGHS = b"""<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>"""
OUTSIDE = (
    b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>"""
)


@pytest.mark.parametrize(
    "data", [LAUGHS, OUTSIDE, b"<!DOCTYPE a><a/>", LAUGHS.decode().encode("utf-16")]
)
def test_a_document_type_is_refused(data):
    with refused("document_type"):
        xml.parse(data)


@pytest.mark.parametrize(
    "data",
    [b"", b"<a>", b"<a></b>", b"<a>&x;</a>", b"<?xml version='1.0' encoding='nonsense'?><a/>"],
)
def test_what_is_not_well_formed_is_damaged(data):
    with refused("damaged"):
        xml.parse(data)


def test_depth_alone_costs_nothing():
    root = xml.parse(b"<a>" * 200_000 + b"</a>" * 200_000)
    assert sum(1 for _ in root.iter()) == 200_000


def test_invisible_characters_are_taken_out_and_look_alikes_reported():
    screen = Screen()
    assert screen.clean("p\u200b-M\U000e0041ax\u202e") == "p-Max"
    assert screen.clean("a\u00a0b\u2011c\u00add\r\ne\x07") == "a b-cd\ne"
    assert screen.clean("p-M\u0430x and \u0441лово") == "p-M\u0430x and \u0441лово"
    assert [(found.code, found.count) for found in screen.findings()] == [
        ("hidden.characters", 3),
        ("text.look_alike", 1),
    ]


@given(st.text())
def test_cleaning_is_idempotent_and_keeps_plain_text(text):
    once = Screen().clean(text)
    again = Screen()
    assert again.clean(once) == once
    assert not any(found.code == "hidden.characters" for found in again.findings())
    once.encode()
