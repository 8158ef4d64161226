"""Which structure a name stands for, and how structures stand inside the documents."""

from collections.abc import Mapping
from typing import Any

from pydantic import SerializeAsAny, model_validator

from contracts.e2.ccc.document import CccModel
from contracts.e2.ccc.extension import CommonBeamforming, Plant, SectorCarrier
from contracts.e2.ccc.structures import (
    Bwp,
    CesManagementFunction,
    GnbCuCpFunction,
    GnbCuUpFunction,
    GnbDuFunction,
    NrCellCu,
    NrCellDu,
    RrmPolicyRatio,
    Structure,
    UnknownStructure,
)

NODE_LEVEL: tuple[type[Structure], ...] = (
    GnbDuFunction,
    GnbCuCpFunction,
    GnbCuUpFunction,
    RrmPolicyRatio,
    Plant,
)
"""Structures of clause 8.2.1 with a type here, and ours."""

CELL_LEVEL: tuple[type[Structure], ...] = (
    NrCellCu,
    NrCellDu,
    Bwp,
    RrmPolicyRatio,
    CesManagementFunction,
    SectorCarrier,
    CommonBeamforming,
)
"""Structures of clause 8.2.2 with a type here, and ours."""

_BY_NAME: Mapping[str, type[Structure]] = {
    s.structure_name.casefold(): s for s in (*NODE_LEVEL, *CELL_LEVEL)
}


_VALUE_MEMBERS = frozenset(
    {"valuesOfAttributes", "oldValuesOfAttributes", "newValuesOfAttributes"}
    | {"currentValuesOfAttributes", "requestedValuesOfAttributes"}
)


def structure_type(name: str) -> type[Structure]:
    """The type of a structure by name, in any case of its letters.

    Clause 8.2 says ``O-NRCellDU``, the schema of 9.4.2 ``O-NrCellDu``; both are in use.
    """
    return _BY_NAME.get(name.casefold(), UnknownStructure)


class Values(CccModel):
    """Values of attributes of one structure."""

    ran_configuration_structure: SerializeAsAny[Structure]


class StructureEntry(CccModel):
    """A structure by name with values; the name decides the type of the values."""

    @model_validator(mode="before")
    @classmethod
    def _type_values(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        name = value.get("ranConfigurationStructureName")
        if not isinstance(name, str):
            return value
        kind = structure_type(name)
        return {k: _typed(kind, v) if k in _VALUE_MEMBERS else v for k, v in value.items()}


def _typed(kind: type[Structure], values: Any) -> Any:
    if not isinstance(values, dict):
        return values
    inner = values.get("ranConfigurationStructure")
    if not isinstance(inner, dict):
        return values
    return {**values, "ranConfigurationStructure": kind.model_validate(inner)}
