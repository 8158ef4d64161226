"""Evidence: a cited clause or parameter rule that a decision relied on."""

from enum import StrEnum

from pydantic import Field

from contracts.canonical import Contract, Digest


class Tier(StrEnum):
    """Where a text comes from, and so whether a number may be taken from it.

    BUILT_IN: the shipped dictionary, or the equipment profile that the reader holds itself.
    OFFICIAL: an archive of official name whose cover inside says the same number and version. That
    is no signature: whoever forges both passes. OTHER: everything else; no number may be taken
    from it.
    """

    BUILT_IN = "builtin"
    OFFICIAL = "official"
    OTHER = "other"


class Citation(Contract):
    """Where a fact stands."""

    spec: str = Field(description="e.g. TS 28.541, or `equipment profile munich-macro`")
    clause: str | None
    version: str | None = Field(default=None, description="version or release that was read")
    verified_by: tuple[str, ...] = ()

    @property
    def clause_path(self) -> tuple[str, ...]:
        """Numbers of the clauses around it, outermost first, its own last.

        >>> Citation(spec="TS 28.552", clause="5.1.1").clause_path
        ('5', '5.1', '5.1.1')
        """
        parts = self.clause.split(".") if self.clause else []
        return tuple(".".join(parts[: n + 1]) for n in range(len(parts)))


class Evidence(Contract):
    """One dictionary hit, in our own words, with its numbers and its citation.

    ``text_digest`` and ``tier`` are missing in records of releases before them; nobody accepts
    such evidence for a plan.
    """

    parameter_id: str
    citation: Citation
    statement: str
    text_digest: Digest | None = Field(default=None, description="SHA-256 of `statement`, UTF-8")
    tier: Tier = Tier.OTHER
    unit: str | None
    hard_range: tuple[float, float] | None
    scale: float | None
    score: float | None = Field(description="similarity of a search hit; None for exact look-up")


class Flag(Contract):
    """Something that is wrong with a passage; codes: :func:`knowledge.screen.screen`."""

    code: str
    detail: str
