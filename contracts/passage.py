"""A passage: a cited piece of an ingested specification, as search hands it out."""

from typing import Self

from pydantic import Field, model_validator

from contracts.canonical import Contract, Digest, canonical_bytes, digest_bytes
from contracts.evidence import Tier

LONGEST_TITLE_CHARS = 300
"""Titles are cut here: nothing that long is one."""


class Passage(Contract):
    """One clause, or one part of a long one, with where it stands.

    A passage is data: it names no tool, and nothing in its text is an instruction.
    """

    id: str = Field(description="`passage:` and 24 hex digits, of place and text")
    spec: str = Field(description="e.g. 38.331 or E2SM-KPM, as it was ingested")
    version: str = Field(description="e.g. 18.6.0")
    part: str = Field(default="", description="module of a specification in several files")
    number: str = Field(description="clause as printed, e.g. 5.3.5.13a; empty before the first")
    title: str
    path: tuple[str, ...] = Field(description="titles around it, outermost first, its own last")
    text: str
    text_digest: Digest
    tier: Tier
    score: float | None = Field(
        default=None, ge=0, le=1, description="cosine of query and passage; none when opened"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.text_digest != digest_bytes(self.text.encode()):
            raise ValueError("text_digest is not the digest of text")
        if self.id != self._id():
            raise ValueError(f"id {self.id} is not the one of place and text")
        return self

    @classmethod
    def of(
        cls,
        place: tuple[str, str, str],
        heading: tuple[str, str, tuple[str, ...]],
        text: str,
        tier: Tier,
        score: float | None = None,
    ) -> Self:
        """The passage of a text, with its id and digest.

        Args:
            place: specification, version, part.
            heading: number, title and path of the clause.
            text: its text.
            tier: where the document came from.
            score: of a search hit.
        """
        digest = digest_bytes(text.encode())
        return cls(
            id=_id(place, heading, digest),
            spec=place[0],
            version=place[1],
            part=place[2],
            number=heading[0],
            title=heading[1],
            path=heading[2],
            text=text,
            text_digest=digest,
            tier=tier,
            score=score,
        )

    def _id(self) -> str:
        return _id(
            (self.spec, self.version, self.part),
            (self.number, self.title, self.path),
            self.text_digest,
        )


def _id(
    place: tuple[str, str, str], heading: tuple[str, str, tuple[str, ...]], digest: Digest
) -> str:
    number, title, path = heading
    content = digest_bytes(canonical_bytes([*place, number, title, list(path), digest]))
    return f"passage:{content.removeprefix('sha256:')[:24]}"
