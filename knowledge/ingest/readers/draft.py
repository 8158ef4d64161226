"""What a reader hands on: the text of a file, before anything is looked up in it."""

from dataclasses import dataclass

from contracts.evidence import Tier
from knowledge.ingest import harvest
from knowledge.ingest.model import Clause, Document, Finding, Link
from knowledge.ingest.number import Identity, release


@dataclass(frozen=True)
class Draft:
    """Clauses and findings of one document.

    ``identity`` is what the text itself says (cover, front matter, module header), if it does.
    ``links`` are those that the format states, beside those in running text.
    """

    clauses: tuple[Clause, ...]
    findings: tuple[Finding, ...] = ()
    identity: Identity | None = None
    part: str = ""
    title: str = ""
    links: tuple[Link, ...] = ()

    def document(self, identity: Identity, tier: Tier = Tier.OTHER) -> Document:
        """The document under an identity, with terms and links harvested."""
        return Document(
            spec=identity.spec,
            version=identity.version,
            part=self.part,
            release=release(identity.spec, identity.version),
            title=self.title,
            tier=tier,
            clauses=self.clauses,
            terms=harvest.terms(self.clauses),
            links=tuple(dict.fromkeys((*self.links, *harvest.links(self.clauses)))),
            findings=self.findings,
        )
