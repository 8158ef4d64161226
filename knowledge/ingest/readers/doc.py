"""Word 97 documents (.doc), converted by LibreOffice where it is installed."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from knowledge.ingest.archive import Budget
from knowledge.ingest.limits import damaged, too_large, unsupported
from knowledge.ingest.readers import docx
from knowledge.ingest.readers.draft import Draft

_PROGRAMS = ("soffice", "libreoffice")


def read(data: bytes, budget: Budget) -> Draft:
    """The draft of the document that LibreOffice makes of it, in a profile of its own.

    Raises:
        RanwrightError: ``ingest.unsupported`` without LibreOffice, ``ingest.damaged`` when it
            makes nothing of the file, ``ingest.too_large`` when it takes too long.
    """
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        raise unsupported(
            "A .doc file can be read only where LibreOffice is installed.",
            "Install it, or save the file as .docx.",
        )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "source.doc").write_bytes(data)
        command = [
            program,
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            "docx",
            "--outdir",
            name,
            str(folder / "source.doc"),
        ]
        limit = budget.limits.convert_seconds
        try:
            subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=limit,
            )
        except subprocess.TimeoutExpired as error:
            raise too_large(f"LibreOffice took longer than {limit:g} s over it") from error
        made = folder / "source.docx"
        if not made.exists():
            raise damaged("LibreOffice makes nothing of it")
        return docx.read(made.read_bytes(), budget)
