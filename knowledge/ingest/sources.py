"""From a file's name and bytes to documents: which reader, which identity, which tier."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath

from contracts.errors import RanwrightError
from contracts.evidence import Tier
from knowledge.ingest.archive import Archive, Budget
from knowledge.ingest.limits import DEFAULT, Limits, damaged, unsupported
from knowledge.ingest.model import Document, Finding, Link
from knowledge.ingest.number import Identity, of_archive, of_name, version_order
from knowledge.ingest.readers import asn1, doc, docx, markdown, openapi, parquet, yang
from knowledge.ingest.readers.draft import Draft

READERS = 4
"""Number of the readers; files that older ones read are read again."""

_ONE: dict[str, Callable[[bytes, Budget], Draft]] = {
    ".asn": asn1.read,
    ".asn1": asn1.read,
    ".txt": asn1.read,
    ".doc": doc.read,
    ".docx": docx.read,
    ".json": openapi.read,
    ".md": markdown.read,
    ".markdown": markdown.read,
    ".yaml": openapi.read,
    ".yml": openapi.read,
    ".yang": yang.read,
}
_WORD = frozenset({".doc", ".docx"})
_MARKDOWN = frozenset({".md", ".markdown"})
_SIDE_FILE = frozenset({"ingest.damaged", "ingest.unsupported"})
"""Refusals that concern a member beside the text (a readme, a broken example), not the archive."""
SUFFIXES = frozenset({*_ONE, ".zip", ".parquet"})


def read_source(name: str, data: bytes, limits: Limits = DEFAULT) -> list[Document]:
    """The documents in a file.

    Args:
        name: the file's name; its suffix chooses the reader, its stem may say what it is.
        data: the file's bytes.
        limits: what it may cost.

    Raises:
        RanwrightError: ``ingest.*``: nothing is taken from a file that is refused.
    """
    documents = _documents(PurePosixPath(name), data, Budget(limits))
    keys = Counter(map(_key, documents))
    twice = [document.name for document in documents if keys[_key(document)] > 1]
    if twice:
        raise RanwrightError(
            "ingest.ambiguous",
            f"The file holds {twice[0]} more than once.",
            "Ingest each text from its own file.",
        )
    return documents


def _key(document: Document) -> tuple[str, str, str]:
    return document.spec, document.version, document.part


def _documents(path: PurePosixPath, data: bytes, budget: Budget) -> list[Document]:
    suffix = path.suffix.lower()
    if suffix == ".zip":
        return _archive(path.stem, Archive(data, budget), budget)
    if suffix == ".parquet":
        return [_document(draft, path.stem) for draft in parquet.read(data, budget)]
    if suffix not in _ONE:
        raise unsupported(
            f"There is no reader for {path.name!r}.", f"Known: {', '.join(sorted(SUFFIXES))}."
        )
    return [_document(_ONE[suffix](data, budget), path.stem)]


def _archive(stem: str, archive: Archive, budget: Budget) -> list[Document]:
    named = of_archive(stem)
    text: list[Draft] = []
    beside: list[tuple[str, Draft]] = []
    skipped: list[str] = []
    same_name = True
    for member in sorted(archive.names, key=_reading_order):
        path = PurePosixPath(member)
        reader = _ONE.get(path.suffix.lower())
        if reader is None or path.name.startswith(("~$", ".")) or "__MACOSX" in path.parts:
            skipped.append(member)
        elif path.suffix.lower() in _WORD:
            text.append(reader(archive.read(member), budget))
            same_name = same_name and of_archive(path.stem.lower()) == named
        else:
            content = archive.read(member)
            try:
                beside.append((member, reader(content, budget)))
            except RanwrightError as error:
                if error.code not in _SIDE_FILE:
                    raise
                skipped.append(member)
    documents = _beside(beside)
    if text:
        documents.insert(0, _main(stem, text, named if same_name else None))
    if not documents:
        raise damaged("the archive holds nothing that can be read")
    if skipped:
        finding = Finding(code="member.unread", detail=", ".join(skipped[:5]), count=len(skipped))
        first = documents[0]
        documents[0] = first.model_copy(update={"findings": (*first.findings, finding)})
    return documents


def _beside(drafts: list[tuple[str, Draft]]) -> list[Document]:
    """Documents of the members that are not Word; Markdown of one identity is one document."""
    groups: dict[tuple[str, ...], list[tuple[str, Draft]]] = {}
    for member, draft in drafts:
        path = PurePosixPath(member)
        joins = path.suffix.lower() in _MARKDOWN
        key = _key(_document(draft, path.stem)) if joins else (member,)
        groups.setdefault(key, []).append((member, draft))
    return [
        _document(_joined([draft for _, draft in group]), PurePosixPath(group[0][0]).stem)
        for group in groups.values()
    ]


def _reading_order(member: str) -> tuple[bool, str, tuple[int, ...]]:
    """Cover first, then sections by their numbers: a large specification is several files."""
    path = PurePosixPath(member)
    return "cover" not in path.stem.lower(), path.suffix, version_order(path.stem)


def _main(stem: str, parts: list[Draft], named: Identity | None) -> Document:
    draft = _joined(parts)
    official = named is not None and bool(named.version) and draft.identity == named
    return _document(draft, stem, Tier.OFFICIAL if official else Tier.OTHER)


def _joined(parts: list[Draft]) -> Draft:
    """Files of one specification, one after the other."""
    if len(parts) == 1:
        return parts[0]
    links: list[Link] = []
    clauses = 0
    for part in parts:
        links += [link.model_copy(update={"clause": link.clause + clauses}) for link in part.links]
        clauses += len(part.clauses)
    said = {part.identity for part in parts if part.identity is not None}
    if len(said) > 1:
        raise RanwrightError(
            "ingest.ambiguous",
            f"The archive holds {', '.join(' '.join(identity) for identity in sorted(said))}.",
            "Ingest each specification from its own file.",
        )
    return Draft(
        clauses=tuple(clause for part in parts for clause in part.clauses),
        findings=tuple(finding for part in parts for finding in part.findings),
        identity=next(iter(said), None),
        title=next((part.title for part in parts if part.title), ""),
        links=tuple(links),
    )


def _document(draft: Draft, stem: str, tier: Tier = Tier.OTHER) -> Document:
    named = of_archive(stem.lower()) or of_archive(stem)
    said = draft.identity or Identity("")
    if named is not None and said.spec and said != named:
        finding = Finding(
            code="identity.contradicted",
            detail=f"name: {' '.join(named)}; text: {' '.join(said)}",
        )
        draft = replace(draft, findings=(*draft.findings, finding))
    named = named or of_name(stem) or Identity("")
    spec = said.spec or named.spec or draft.part or stem
    version = said.version or (named.version if spec == named.spec else "")
    if named.spec == spec and not draft.part and not of_archive(stem) and "_" in stem:
        draft = replace(draft, part=stem.partition("_")[2])
    if draft.part == spec:
        draft = replace(draft, part="")
    return draft.document(Identity(spec, version), tier)
