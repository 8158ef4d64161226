"""Word 97 files by LibreOffice, where it is installed: what a .docx gives, a .doc gives, too."""

import io
import shutil
import subprocess
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.specimen.specification import specification
from contracts.errors import RanwrightError
from knowledge.ingest.number import Identity
from knowledge.ingest.sources import read_source

IDENTITY = Identity("38.999", "18.6.0")
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml."
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/"
PROGRAM = shutil.which("soffice") or shutil.which("libreoffice")


def for_word(data: bytes) -> bytes:
    """The document with the two parts that a reader like ours does without."""
    types = "".join(
        f'<Override PartName="/word/{part}.xml" ContentType="{MAIN}{kind}+xml"/>'
        for part, kind in (
            ("document", "document.main"),
            ("styles", "styles"),
            ("numbering", "numbering"),
        )
    )
    links = "".join(
        f'<Relationship Id="{part}" Type="{RELATED}{part}" Target="{part}.xml"/>'
        for part in ("styles", "numbering")
    )
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as given, zipfile.ZipFile(made, "w") as archive:
        for name in given.namelist():
            archive.writestr(name, given.read(name))
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{PACKAGE}content-types"><Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml"'
            f' ContentType="application/xml"/>{types}</Types>',
        )
        archive.writestr(
            "word/_rels/document.xml.rels",
            f'<Relationships xmlns="{PACKAGE}relationships">{links}</Relationships>',
        )
    return made.getvalue()


@pytest.mark.skipif(PROGRAM is None, reason="LibreOffice is not installed")
def test_a_doc_gives_what_the_docx_gives(tmp_path: Path):
    written = specification(IDENTITY, 120)
    (tmp_path / "38999-i60.docx").write_bytes(for_word(written))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    convert = ["--headless", "--convert-to", "doc:MS Word 97", "--outdir", str(tmp_path)]
    subprocess.run(
        [str(PROGRAM), profile, *convert, str(tmp_path / "38999-i60.docx")],
        check=True,
        capture_output=True,
        timeout=120,
    )
    (one,) = read_source("38999-i60.doc", (tmp_path / "38999-i60.doc").read_bytes())
    (other,) = read_source("38999-i60.docx", written)
    assert [(c.number, c.title) for c in one.clauses] == [
        (c.number, c.title) for c in other.clauses
    ]
    assert one.terms == other.terms
    assert {f.code: f.count for f in one.findings} == {f.code: f.count for f in other.findings}
    counts = [Counter(p.kind for c in d.clauses for p in c.pieces) for d in (one, other)]
    assert counts[0] == counts[1]


@pytest.mark.skipif(PROGRAM is None, reason="LibreOffice is not installed")
def test_what_is_no_doc_is_refused_or_empty():
    with pytest.raises(RanwrightError) as error:
        read_source("38999-i60.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096))
    assert error.value.code.startswith("ingest.")
