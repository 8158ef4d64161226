"""Versions of E2SM-KPM and how to tell which one a node speaks."""

from dataclasses import dataclass
from enum import IntEnum

from contracts.e2.per import Field
from contracts.errors import RanwrightError

OIDS = {
    "1.3.6.1.4.1.53148.1.2.2.2": 2,
    "1.3.6.1.4.1.53148.1.3.2.2": 3,
    "1.3.6.1.4.1.53148.1.4.2.2": 4,
}
"""Object identifiers by major version. Nodes of v03.00 and later also announce the first one."""


class KpmVersion(IntEnum):
    """Versions with layouts of their own, in the order in which they came."""

    V2_01 = 201
    """v02.01 and v02.02: time stamps of 4 octets, no bins, matching conditions not combined."""

    V2_03 = 203
    """v02.03: bins, UEs per granularity period, conditions combined by OR."""

    V3_00 = 300
    """v03.00: as v02.03 with time stamps of 8 octets."""

    V4_00 = 400
    """v04.00 and later: labels of cell and beam, conditional reporting of values."""

    @property
    def label(self) -> str:
        """How the specification writes it, e.g. ``v02.03``."""
        return f"v{self // 100:02}.{self % 100:02}"


@dataclass(frozen=True, slots=True)
class Layout:
    """What decides how messages are laid out.

    Attributes:
        version: of the service model.
        moved_markers: FlexRIC's ``*_modified.asn``: in six types of v02.03 and v03.00 the
            extension marker stands behind the additions. Only used to recognise it.
    """

    version: KpmVersion
    moved_markers: bool = False


def version_of(oid: str, short_name: str = "") -> KpmVersion:
    """The version that a RAN function announces.

    A name like ``ORAN-E2SM-KPM-v02.01`` decides; else the object identifier. That of version 2
    is read as v02.03, whose subscriptions are those of v03.00: the time stamp of the first
    indication decides between them, see :meth:`contracts.e2.kpm.codec.Kpm.of_header`.

    Args:
        oid: object identifier of the service model in dotted form.
        short_name: of the RAN function.

    Raises:
        RanwrightError: ``e2.kpm.unknown_version``, the identifier is none of this service model.
    """
    for version in reversed(KpmVersion):
        if version.label in short_name.lower():
            return version
    major = OIDS.get(oid)
    if major is None:
        raise RanwrightError(
            "e2.kpm.unknown_version",
            f"{oid or 'No object identifier'} is none of E2SM-KPM.",
            f"Known are {', '.join(OIDS)}.",
        )
    return {2: KpmVersion.V2_03, 3: KpmVersion.V3_00, 4: KpmVersion.V4_00}[major]


def since(layout: Layout, version: KpmVersion, *fields: Field) -> tuple[Field, ...]:
    """Fields that exist from a version on."""
    return fields if layout.version >= version else ()
