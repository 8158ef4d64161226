"""A parameter record: one fact of the dictionary, with its numbers and where they stand."""

from typing import Literal, Self

from pydantic import Field, model_validator

from contracts.canonical import Contract, digest_bytes
from contracts.evidence import Citation, Evidence, Tier
from contracts.kpi import Kpi

Literals = tuple[int, ...] | tuple[str, ...]
"""Admitted values of an enumerated parameter."""

Confidence = Literal["high", "medium", "low", "none"]

ValueType = Literal["integer", "enumerated", "boolean", "real", "bits", "list", "structure", "text"]
"""Kind of value a field takes."""

UNVERIFIED = ("memory", "unverified")
"""How entries of ``verified_by`` begin that no source stands behind."""


class Influence(Contract):
    """A KPI that a parameter moves: of the cell it is set in alone, or of other cells too."""

    kpi: Kpi
    reach: Literal["own_cell", "other_cells"]
    source: str = Field(min_length=1)


class Tendency(Contract):
    """What a higher value of a parameter does to a measurement: an engineer's expectation.

    It helps to choose what to look at. No limit, conflict or verdict rests on it; those read
    :class:`Influence`.
    """

    kpi: str = Field(description="name of a measurement of the dictionary")
    higher: Literal["raises", "lowers", "trades"]


class SolutionSetLiterals(Contract):
    """How one solution set spells the literals, where it does not spell them as the record."""

    solution_set: Literal["asn1", "openapi", "yang"]
    literals: tuple[str, ...]


class ParameterRecord(Contract):
    """One parameter or measurement of a specification.

    ``hard_range`` and ``literals`` speak of the field as it is transmitted; the real value is the
    field times ``scale`` plus ``offset``, in ``real_unit``. ``None`` there means that both are the
    same. Numbers of a record that no source stands behind are never limits (:attr:`verified`).
    """

    id: str = Field(description="`<spec>:<object_name>.<name>`")
    name: str
    object_name: str
    spec: str
    version: str | None = Field(default=None, description="version or release that was read")
    clause: str | None = None
    clause_confidence: Confidence
    category: str
    value_type: ValueType | None = None
    hard_range: tuple[float, float] | None = None
    literals: Literals | None = None
    size: tuple[int, int] | None = Field(default=None, description="bits, or entries of a list")
    multiple_of: int | None = Field(default=None, gt=1)
    unit: str | None = None
    scale: float | None = Field(default=None, gt=0)
    offset: float | None = None
    real_unit: str | None = None
    default: bool | int | str | None = None
    managed_object: str | None = None
    meaning: str
    moves: tuple[Influence, ...] = ()
    tendencies: tuple[Tendency, ...] = ()
    aliases: tuple[str, ...]
    solution_sets: tuple[SolutionSetLiterals, ...] = ()
    asn1: str | None = Field(default=None, description="`<module>:<Type.field>` to check against")
    verified_by: tuple[str, ...]
    conflicts: tuple[str, ...] = ()
    note: str | None = None
    confidence: Confidence

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.id != f"{self.spec}:{self.path}":
            raise ValueError(f"id {self.id} is not {self.spec}:{self.path}")
        if self.hard_range is not None and self.hard_range[0] > self.hard_range[1]:
            raise ValueError(f"{self.id}: empty range {self.hard_range}")
        if (self.scale is None) is not (self.real_unit is None):
            raise ValueError(f"{self.id}: scale and real_unit come together")
        if self.offset is not None and self.scale is None:
            raise ValueError(f"{self.id}: an offset needs a scale")
        return self

    @property
    def verified(self) -> bool:
        """Whether a source stands behind the record's numbers."""
        return any(not source.startswith(UNVERIFIED) for source in self.verified_by)

    @property
    def path(self) -> str:
        """``object_name.name``, the way operators and plans name it."""
        return f"{self.object_name}.{self.name}"

    @property
    def citation(self) -> Citation:
        """Where the fact stands."""
        return Citation(
            spec=self.spec, clause=self.clause, version=self.version, verified_by=self.verified_by
        )

    def evidence(self, score: float | None = None) -> Evidence:
        """The record as a citable hit; ``score`` only for search hits."""
        statement = self.meaning if self.note is None else f"{self.meaning} {self.note}"
        return Evidence(
            parameter_id=self.id,
            citation=self.citation,
            statement=statement,
            text_digest=digest_bytes(statement.encode()),
            tier=Tier.BUILT_IN,
            unit=self.unit,
            hard_range=self.hard_range if self.verified else None,
            scale=self.scale,
            score=score,
        )
