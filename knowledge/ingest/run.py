"""Ingests files one by one: what was done is skipped, what is broken is reported."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from contracts.canonical import Contract, Digest, digest_bytes
from contracts.errors import ExitCode, RanwrightError
from contracts.evidence import Tier
from knowledge.ingest.limits import DEFAULT, Limits, damaged, too_large
from knowledge.ingest.model import Document, Finding
from knowledge.ingest.sources import READERS, SUFFIXES, read_source
from knowledge.ingest.store import Store


class Taken(Contract):
    """A document that a file gave."""

    name: str
    tier: Tier
    clauses: int
    terms: int
    links: int
    findings: tuple[Finding, ...]


class FileReport(Contract):
    """What became of one file."""

    path: str
    outcome: Literal["ingested", "unchanged", "refused"]
    source_digest: Digest = ""
    documents: tuple[Taken, ...] = ()
    error: dict[str, str | int] | None = None


def files_of(paths: Iterable[Path]) -> list[Path]:
    """The files to read: those named, and in folders those that there is a reader for.

    Raises:
        RanwrightError: ``ingest.missing`` when a path is not there.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES)
            found.update((p.resolve(), None) for p in inside if p.is_file())
        elif path.exists():
            found[path.resolve()] = None
        else:
            raise RanwrightError(
                "ingest.missing", f"{path} is not there.", "Name a file or folder.", ExitCode.USAGE
            )
    return list(found)


def ingest(
    files: Iterable[Path],
    store: Store,
    limits: Limits = DEFAULT,
    told: Callable[[FileReport], None] = lambda _: None,
) -> list[FileReport]:
    """Ingest files into a store; a file that is refused costs the others nothing.

    Each file is one transaction, so a run that is cut off goes on where it was.

    Args:
        files: what to read; one that is no regular file is refused.
        store: receives what they hold.
        limits: what one file may cost.
        told: called after each file.
    """
    reports = []
    for path in files:
        try:
            report = _one(path, store, limits)
        except RanwrightError as error:
            report = FileReport(path=_shown(path), outcome="refused", error=error.to_json())
        told(report)
        reports.append(report)
    return reports


def _one(path: Path, store: Store, limits: Limits) -> FileReport:
    data = _bytes(path, limits)
    digest = digest_bytes(data)
    noted = store.report(digest, str(path), READERS)
    if noted is not None:
        return FileReport.parse(noted).model_copy(update={"outcome": "unchanged"})
    documents = _read(path.name, data, limits)
    report = FileReport(
        path=str(path),
        outcome="ingested",
        source_digest=digest,
        documents=tuple(
            Taken(
                name=document.name,
                tier=document.tier,
                clauses=len(document.clauses),
                terms=len(document.terms),
                links=len(document.links),
                findings=document.findings,
            )
            for document in documents
        ),
    )
    store.add(digest, str(path), READERS, report.model_dump_json(), documents)
    return report


def _shown(path: Path) -> str:
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _bytes(path: Path, limits: Limits) -> bytes:
    if _shown(path) != str(path):
        raise RanwrightError(
            "ingest.file_name", f"The name {_shown(path)} is not UTF-8.", "Rename the file."
        )
    try:
        if not path.is_file():
            raise RanwrightError(
                "ingest.no_file", f"{path} is no regular file.", "Name a file.", ExitCode.USAGE
            )
        with path.open("rb") as file:
            data = file.read(limits.file_bytes + 1)
    except OSError as error:
        raise damaged(str(error)) from error
    if len(data) > limits.file_bytes:
        raise too_large(f"it has more than {limits.file_bytes} bytes")
    return data


def _read(name: str, data: bytes, limits: Limits) -> list[Document]:
    try:
        return read_source(name, data, limits)
    except RanwrightError:
        raise
    except Exception as error:
        raise RanwrightError(
            "ingest.defect",
            f"The reader failed: {type(error).__name__}: {error}.",
            "Report it with the file's name and digest.",
            ExitCode.DEFECT,
        ) from error
