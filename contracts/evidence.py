"""Evidence: a cited clause or parameter rule that a decision relied on."""

from pydantic import Field

from contracts.canonical import Contract


class Citation(Contract):
    """Where a fact stands."""

    spec: str = Field(description="e.g. TS 28.541, or `equipment profile munich-macro`")
    clause: str | None
    verified_by: tuple[str, ...] = ()


class Evidence(Contract):
    """One dictionary hit, in our own words, with its numbers and its citation."""

    parameter_id: str
    citation: Citation
    statement: str
    unit: str | None
    hard_range: tuple[float, float] | None
    scale: float | None
    score: float | None = Field(description="similarity of a search hit; None for exact look-up")
