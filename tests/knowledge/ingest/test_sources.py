"""What a file with several texts gives."""

import pytest

from benchmarks.specimen.docx import package
from benchmarks.specimen.specification import archive_stem, specification
from contracts.errors import RanwrightError
from contracts.evidence import Tier
from knowledge.ingest.limits import Limits
from knowledge.ingest.number import Identity
from knowledge.ingest.sources import read_source

TOY = Identity("38.999-1", "18.5.0")


def test_markdown_parts_of_a_specification_are_one_document():
    parts = {"38998-i60_s01.md": "# 2 Second\n\nSee clause 1.\n", "38998-i60_s00.md": "# 1 First\n"}
    (document,) = read_source("38998-i60.zip", package(parts))
    assert (document.spec, document.version) == ("38.998", "18.6.0")
    assert [clause.number for clause in document.clauses] == ["1", "2"]
    assert [(link.clause, link.number) for link in document.links] == [(1, "1")]


def test_one_document_twice_in_a_file_is_refused():
    members = {"a/TS28541_Toy.yaml": "openapi: 3.0.1\n", "b/TS28541_Toy.yaml": "openapi: 3.1.0\n"}
    with pytest.raises(RanwrightError, match=r"ingest\.ambiguous"):
        read_source("modules.zip", package(members))
    stem = archive_stem(TOY)
    both = {f"{stem}.docx": specification(TOY), f"{stem}.md": "# 1 Other text\n"}
    with pytest.raises(RanwrightError, match=r"ingest\.ambiguous"):
        read_source(f"{stem}.zip", package(both))


def test_a_side_file_that_cannot_be_read_costs_the_archive_nothing():
    stem = archive_stem(TOY)
    members = {f"{stem}.docx": specification(TOY), "readme.txt": "Hello.", "example.json": "{"}
    (document,) = read_source(f"{stem}.zip", package(members))
    assert document.tier is Tier.OFFICIAL
    (finding,) = [found for found in document.findings if found.code == "member.unread"]
    assert (finding.detail, finding.count) == ("example.json, readme.txt", 2)


def test_text_that_cannot_be_read_refuses_the_archive():
    with pytest.raises(RanwrightError, match=r"ingest\.damaged"):
        read_source("38999-1-i50.zip", package({"38999-1-i50.docx": "broken", "a.md": "# 1 A\n"}))
    with pytest.raises(RanwrightError, match=r"ingest\.damaged"):
        read_source("side.zip", package({"readme.txt": "Hello."}))
    with pytest.raises(RanwrightError, match=r"ingest\.too_large"):
        read_source(
            "side.zip", package({"a.md": "# 1 A\n", "b.md": "b" * 99}), Limits(member_bytes=50)
        )
