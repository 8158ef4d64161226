"""What a network's sentences may name: its cells, areas, groups of UEs, slices, PLMNs, bands."""

from pydantic import Field

from contracts.canonical import Contract
from contracts.requirement import CellId


class Directory(Contract):
    """Names as the operator's inventory has them; nothing else can be meant by a sentence."""

    cells: tuple[CellId, ...] = Field(min_length=1)
    areas: tuple[str, ...] = ()
    ue_groups: tuple[str, ...] = ()
    slices: tuple[str, ...] = ()
    plmns: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
