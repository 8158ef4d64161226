"""Versions of E2SM-RC and how to tell which one a node speaks."""

from enum import IntEnum

from contracts.e2.per import Field
from contracts.errors import RanwrightError

OID = "1.3.6.1.4.1.53148.1.1.2.3"
"""Object identifier of every version up to v05.00."""


class RcVersion(IntEnum):
    """Versions with layouts of their own, in the order in which they came."""

    V1_03 = 103
    """v01.0x: reports on demand name UEs and cells."""

    V3_00 = 300
    """v02.00 to v04.00: queries, control of groups and filtered entities."""

    V5_00 = 500
    """v05.00 and later: control by a partial identity, further control formats."""

    @property
    def label(self) -> str:
        """How the specification writes it, e.g. ``v01.03``."""
        return f"v{self // 100:02}.{self % 100:02}"


def version_of(oid: str, short_name: str = "") -> RcVersion:
    """The version that a RAN function announces.

    A name like ``ORAN-E2SM-RC-v01.03`` decides; else v05.00, which reads all that v02.00 and later
    write, and writes what they read as long as none of its additions is used. Only reports on
    demand (event trigger format 5, indication message format 4) differ before v02.00.

    Args:
        oid: object identifier of the service model in dotted form.
        short_name: of the RAN function.

    Raises:
        RanwrightError: ``e2.rc.unknown_version``, the identifier is not that of this service model.
    """
    if oid != OID:
        raise RanwrightError(
            "e2.rc.unknown_version",
            f"{oid or 'No object identifier'} is not that of E2SM-RC.",
            f"It is {OID}.",
        )
    name = short_name.lower()
    return next((version for version in RcVersion if version.label in name), RcVersion.V5_00)


def since(version: RcVersion, first: RcVersion, *fields: Field) -> tuple[Field, ...]:
    """Fields that exist from a version on."""
    return fields if version >= first else ()
