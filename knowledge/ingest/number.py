"""Numbers and versions of specifications, as archives and covers write them.

3GPP archive names carry both (TR 21.900 clause 4): ``38331-i60`` is TS 38.331 version 18.6.0, one
character of base 36 for each of the three fields, or two decimal digits each where a field exceeds
35 (``29060-360000`` would be 36.0.0). Multi-part numbers keep their part: ``38101-1-i50`` is
TS 38.101-1.
"""

import re
from typing import NamedTuple

SPEC = r"\d\d\.\d{3}(?:-\d{1,2}){0,2}"
"""A 3GPP specification number, as in running text."""

_ARCHIVE = re.compile(
    r"(\d\d)\.?(\d{3})((?:-\d{1,2}){0,2})-([0-9a-z]{3}|\d{6})(?:_[A-Za-z0-9_.-]{1,40})?"
)
_O_RAN = re.compile(
    r"O-RAN\.WG\d{1,2}\.(?:T[SR]\.)?([A-Za-z0-9.-]{1,60}?)(?:[-.]R\d{3})?-v(\d\d?)\.(\d\d?)(?:\.(\d\d?))?"
)
_COVER = re.compile(
    rf"\b(?:TS|TR)\s{{1,3}}({SPEC})\s{{1,3}}V(\d{{1,2}})\.(\d{{1,2}})\.(\d{{1,2}})\b"
)
_BARE = re.compile(r"(?:T[SR][ _]?)?(\d\d)\.?(\d{3})((?:-\d{1,2}){0,2})(?![\d])")
_NUMBERS = re.compile(r"(\d{1,2})(?:\.\d{1,3}){0,2}")
_FIRST_RELEASE_MAJOR = 3
_FIRST_NUMBERED_MAJOR = 4


class Identity(NamedTuple):
    """What a name or a cover says: ``version`` as ``18.6.0``, empty where it says none."""

    spec: str
    version: str = ""


def of_archive(stem: str) -> Identity | None:
    """The identity in an official file name without its extension; None where it is not one."""
    match = _ARCHIVE.fullmatch(stem)
    if match is not None:
        series, number, part, code = match.groups()
        width = len(code) // 3
        base = 36 if width == 1 else 10
        fields = (int(code[at : at + width], base) for at in range(0, len(code), width))
        return Identity(f"{series}.{number}{part}", ".".join(map(str, fields)))
    match = _O_RAN.fullmatch(stem)
    if match is not None:
        name, *digits = match.groups()
        return Identity(name, ".".join(str(int(d)) for d in digits if d is not None))
    return None


def of_cover(text: str) -> Identity | None:
    """The identity on a 3GPP cover (``3GPP TS 38.331 V18.6.0 (2025-06)``), if it is there."""
    match = _COVER.search(text)
    if match is None:
        return None
    return Identity(match[1], ".".join(str(int(match[field])) for field in (2, 3, 4)))


def of_name(stem: str) -> Identity | None:
    """The number at the start of any other file name (``TS28541_NrNrm``), without a version."""
    match = _BARE.match(stem)
    return None if match is None else Identity(f"{match[1]}.{match[2]}{match[3]}")


def normal_spec(text: str) -> str:
    """A number as a person types it (``TS 38.331``, ``38331``) in the form that is stored."""
    found = _BARE.fullmatch(text.strip())
    return f"{found[1]}.{found[2]}{found[3]}" if found else text.strip()


def release(spec: str, version: str) -> str:
    """``Rel-18`` of a 3GPP version 18.x.y, ``R99`` of 3.x.y, empty for all others.

    Versions need not be 3GPP's: a YANG module states a date, an OpenAPI file anything.
    """
    numbers = _NUMBERS.fullmatch(version)
    if not re.fullmatch(SPEC, spec) or numbers is None:
        return ""
    major = int(numbers[1])
    if major == _FIRST_RELEASE_MAJOR:
        return "R99"
    return f"Rel-{major}" if major >= _FIRST_NUMBERED_MAJOR else ""


def version_order(version: str) -> tuple[int, ...]:
    """Sorts versions by their numbers: 18.10.0 after 18.9.0."""
    return tuple(int(digits) for digits in re.findall(r"\d{1,9}", version))
