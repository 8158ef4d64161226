"""Profiles: what moves through a scenario, what it carries, and in which slices."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.canonical import Contract
from contracts.errors import ExitCode, RanwrightError
from twins._yaml import read_yaml

_BUILT_IN = Path(str(files("twins"))) / "dynamics"

SpeedRange = Annotated[tuple[float, float], Field(description="slowest and fastest, uniform")]


class Mobility(Contract):
    """How UEs of a group move."""

    kind: Literal["static", "pedestrian", "vehicle"] = Field(description="how they turn")
    speed_kmh: SpeedRange = Field(description="slowest and fastest; each UE keeps its own")

    @model_validator(mode="after")
    def _check(self) -> Self:
        slow, fast = self.speed_kmh
        if not 0 <= slow <= fast <= 120:
            raise ValueError(f"speeds must be 0 <= slowest <= fastest <= 120, not {slow}, {fast}")
        return self


class FullBuffer(Contract):
    """Always something to send."""

    kind: Literal["full_buffer"] = Field(default="full_buffer", description="never empty")


class FileTransfer(Contract):
    """FTP model 3 (TR 36.872 Annex A): files arrive at a UE as a Poisson process."""

    kind: Literal["ftp3"] = Field(default="ftp3", description="FTP model 3")
    file_mbyte: float = Field(gt=0, description="size of a file, 10^6 byte")
    files_per_s: float = Field(gt=0, description="mean arrivals at one UE")


class Video(Contract):
    """Video frames of varying size at a fixed rate with jitter (TR 38.838 clause 5.1)."""

    kind: Literal["video"] = Field(default="video", description="frames with a deadline")
    rate_mbps: float = Field(gt=0, description="mean data rate")
    frames_per_s: float = Field(gt=0, description="frame rate")
    delay_budget_ms: float = Field(gt=0, description="packet delay budget of a frame")


class Sporadic(Contract):
    """Small packets far apart, as a Poisson process."""

    kind: Literal["sporadic"] = Field(default="sporadic", description="small packets")
    packet_byte: int = Field(ge=1, description="size of a packet")
    packets_per_s: float = Field(gt=0, description="mean arrivals at one UE")
    delay_budget_ms: float = Field(gt=0, description="a packet is late after this")


Traffic = Annotated[FullBuffer | FileTransfer | Video | Sporadic, Field(discriminator="kind")]


class SectorPattern(Contract):
    """Every cell has one fixed pattern, that of the scenario."""

    kind: Literal["sector"] = Field(default="sector", description="the scenario's antenna")


class BeamManagement(Contract):
    """Cells sweep eight wide beams and refine them to one of 32 narrow ones (TR 38.802 6.1.6.1)."""

    kind: Literal["beams"] = Field(default="beams", description="8 x 8 elements")
    csi_rs_period_ms: int = Field(ge=10, description="between two refinements; multiples of 10")
    measurement_error_db: float = Field(ge=0, description="of one beam's power in a sweep")


Antenna = Annotated[SectorPattern | BeamManagement, Field(discriminator="kind")]


class Slice(Contract):
    """A slice and its RRMPolicyRatio for downlink PRBs (TS 28.541 4.3.36)."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="what groups and knobs call it")
    dedicated_ratio_percent: int = Field(default=0, ge=0, le=100, description="never lent")
    min_ratio_percent: int = Field(default=0, ge=0, le=100, description="guaranteed, lent if idle")
    max_ratio_percent: int = Field(default=100, ge=0, le=100, description="never exceeded")


class Group(Contract):
    """UEs that move alike, carry the same traffic and belong to one slice."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="stands in the KPIs")
    share: float = Field(gt=0, le=1, description="of all UEs; the shares add up to 1")
    slice: str = Field(description="name of its slice")
    mobility: Mobility = Field(description="how they move")
    traffic: Traffic = Field(description="what they carry")


class Profile(Contract):
    """What happens in a network; its digest stands in results."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="stands in results")
    description: str = Field(description="one line for people")
    ue_count: int = Field(ge=1, le=1000, description="UEs on the streets")
    antenna: Antenna = Field(default=SectorPattern(), description="of all cells")
    slices: tuple[Slice, ...] = Field(min_length=1, description="slices in every cell")
    groups: tuple[Group, ...] = Field(min_length=1, description="kinds of UEs")

    @model_validator(mode="after")
    def _check(self) -> Self:
        slices, groups = [s.name for s in self.slices], [g.name for g in self.groups]
        for what, names in (("slices", slices), ("groups", groups)):
            if len(set(names)) != len(names):
                raise ValueError(f"{what} must have different names, not {', '.join(names)}")
        for group in self.groups:
            if group.slice not in slices:
                raise ValueError(
                    f"group {group.name} is in slice {group.slice!r}; known are {', '.join(slices)}"
                )
        total = sum(g.share for g in self.groups)
        if abs(total - 1.0) > 1e-6:
            raise ValueError(f"the shares of the groups must add up to 1, not {total:g}")
        return self

    def group_sizes(self) -> tuple[int, ...]:
        """UEs of each group: shares rounded so that they add up to ``ue_count``."""
        ends, total = [], 0.0
        for group in self.groups:
            total += group.share
            ends.append(round(total * self.ue_count))
        return tuple(end - start for start, end in zip([0, *ends], ends, strict=False))


def load_profile(name_or_path: str) -> Profile:
    """Load a built-in profile by name, or any YAML file by path.

    Raises:
        RanwrightError: ``profile.unknown`` or ``profile.malformed`` (usage errors).
    """
    for path in (_BUILT_IN / f"{name_or_path}.yaml", Path(name_or_path)):
        if path.is_file():
            return read_yaml(path, Profile, "profile.malformed", "docs/guide/dynamics.md")
    known = ", ".join(sorted(p.stem for p in _BUILT_IN.glob("*.yaml")))
    raise RanwrightError(
        "profile.unknown",
        f"There is no profile {name_or_path!r}.",
        f"Use one of {known}, or the path of a YAML file.",
        ExitCode.USAGE,
    )
