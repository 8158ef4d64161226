"""What ASN.1 says of one field: kind, range, literals, size."""

import re
from dataclasses import dataclass

_SPARE = re.compile(r"spare\d*")
_RELEASE = re.compile(r"-[rv]\d{2,4}[a-z]?$")


@dataclass(frozen=True, slots=True)
class Fact:
    """The constraint of one type or field.

    Attributes:
        kind: ASN.1 type, e.g. ``INTEGER``, ``ENUMERATED``, ``BIT STRING``, ``SEQUENCE OF``.
        low: lowest integer admitted, None where open.
        high: highest integer admitted, None where open.
        literals: admitted literals in order, without spares.
        size: fewest and most bits, octets, characters or entries; None where open.
        extensible: whether later versions may admit more values.
    """

    kind: str
    low: int | None = None
    high: int | None = None
    literals: tuple[str, ...] | None = None
    size: tuple[int, int] | None = None
    extensible: bool = False


def without_spares(literals: tuple[str, ...]) -> tuple[str, ...]:
    """Literals that mean something: spares are placeholders that nobody may send."""
    return tuple(literal for literal in literals if not _SPARE.fullmatch(literal))


def without_release(name: str) -> str:
    """A name without the release that added it: ``useT312-r16`` -> ``useT312``."""
    return _RELEASE.sub("", name)
