"""The beam tool contract: a tool turns a window of beam powers into beams, and nothing else."""

from enum import StrEnum
from typing import Annotated, Protocol, Self

from pydantic import Field, model_validator

from contracts.canonical import Contract, Digest


class BeamWindow(Contract):
    """Received powers of all beams of one codebook in past samples, evenly spaced in time.

    Beams are numbered in the order of their angle. Only ratios between powers count.
    """

    power_dbm: tuple[tuple[float, ...], ...] = Field(
        min_length=2, description="one row a sample, the newest last; one value a beam"
    )
    step_s: float = Field(gt=0.0, description="between samples")
    horizons: int = Field(default=5, ge=1, le=50, description="future steps asked for")
    promise: float = Field(
        default=0.95,
        gt=0.0,
        lt=1.0,
        description="share of samples in which the beam used shall be within 1 dB of the best",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        beams = len(self.power_dbm[0])
        if beams < 8:
            raise ValueError(f"{beams} beams: a codebook has at least eight")
        for number, row in enumerate(self.power_dbm):
            if len(row) != beams:
                raise ValueError(f"sample {number} has {len(row)} beams, not {beams}")
            if max(row) == min(row):
                raise ValueError(f"sample {number} is dead: all beams have the same power")
        return self

    @property
    def beams(self) -> int:
        """Of the codebook."""
        return len(self.power_dbm[0])


class BeamOrigin(StrEnum):
    """Which way found a beam."""

    NETWORK = "network"
    TRACKER = "tracker"


class BeamChoice(Contract):
    """One future step."""

    after_s: float = Field(gt=0.0)
    beam: int = Field(ge=0, description="most likely within 1 dB of the best")
    confidence: float | None = Field(
        ge=0.0, le=1.0, description="that it is within 1 dB; None: nothing is known of it"
    )
    measure: tuple[Annotated[int, Field(ge=0)], ...] = Field(
        description="beams to sweep, and the best of them to use, so that the window's promise is"
        " kept on average; empty: use ``beam`` unmeasured"
    )
    origin: BeamOrigin


class BeamAnswer(Contract):
    """A tool's answer for a window."""

    tool: str
    tool_version: str
    window_digest: Digest
    choices: tuple[BeamChoice, ...] = Field(description="one a step, ascending in time")
    familiarity: float | None = Field(
        default=None,
        ge=0.0,
        le=1.0,
        description="share of the windows of the training that are stranger than this one; near 0"
        " the model was trained on nothing like it; None: no model was asked",
    )


class BeamTool(Protocol):
    """A predictor of beams. Deterministic: equal windows have equal answers."""

    @property
    def name(self) -> str:
        """Stable name, e.g. ``beams.transformer``."""
        ...

    @property
    def version(self) -> str:
        """Version of the method; a change of answers changes it."""
        ...

    def solve(self, window: BeamWindow) -> BeamAnswer:
        """Beams for every step asked for. Any window that the type lets through has an answer."""
        ...
