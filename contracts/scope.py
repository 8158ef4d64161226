"""Where an expectation holds: the object of a TS 28.312 expectation, and what narrows it."""

from typing import Self

from pydantic import Field, model_validator

from contracts.canonical import Contract
from contracts.requirement import CellId, format_cells

_Name = Field(default=None, min_length=1, max_length=200)


class Scope(Contract):
    """Every field that is given narrows; without cells it is the network's.

    ``each`` asks for every cell by itself, not for all of them together.

    Raises:
        ValueError: nothing is given, cells are not distinct and ascending, or ``each`` of no cell.
    """

    cells: tuple[CellId, ...] = ()
    each: bool = False
    area: str | None = _Name
    ue_group: str | None = _Name
    slice_name: str | None = _Name
    plmn: str | None = Field(default=None, pattern=r"^\d{5,6}$", description="MCC and MNC")
    band: str | None = Field(default=None, pattern=r"^n\d{1,3}$", description="TS 38.101, e.g. n78")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.cells and not self.narrowing:
            raise ValueError("a scope names something")
        if list(self.cells) != sorted(set(self.cells)):
            raise ValueError(f"cells must be distinct and ascending, got {self.cells}")
        if self.each and not self.cells:
            raise ValueError("each cell of which?")
        return self

    @property
    def narrowing(self) -> dict[str, str]:
        """What narrows beside cells, by name."""
        names = ("area", "ue_group", "slice_name", "plmn", "band")
        return {n: value for n in names if (value := getattr(self, n)) is not None}

    def describe(self) -> str:
        """In one line, for people."""
        parts = [f"{name.removesuffix('_name')} {value}" for name, value in self.narrowing.items()]
        if self.cells:
            each = "each of " if self.each else ""
            parts.append(f"{each}cell{'s' * (len(self.cells) > 1)} {format_cells(self.cells)}")
        return ", ".join(parts)
