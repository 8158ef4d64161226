"""The bits of a CSI report that names beams and their L1-RSRP, ``cri-RSRP`` or ``ssb-Index-RSRP``.

Up to four beams, strongest first: their resource indicators, the RSRP of the first in 7 bits, and
how far the others are below it in 4 bits each (TS 38.212 Tables 6.3.1.1.2-6 and -8; TS 38.214
clause 5.2.1.4.3; TS 38.133 Tables 10.1.6.1-1 and -2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from contracts.e2.per import Bits
from contracts.errors import RanwrightError

MOST_BEAMS = 4
RANGE_DBM = (-140, -44)
"""Of L1-RSRP, in steps of 1 dB; below and above it the ends are reported."""
STEP_DB = 2
"""Of the differences; the last of their 16 values says 30 dB or more."""

_CODE_OFFSET_DBM = -157
"""RSRP_17 is -140 dBm up to, not including, -139 dBm."""
_RSRP_BITS, _DIFFERENCE_BITS = 7, 4
_LARGEST_DIFFERENCE = 15


@dataclass(frozen=True, slots=True)
class BeamRsrp:
    """A beam, by its place in the resource set, and its L1-RSRP as far as the report tells.

    The strongest has up to 1 dB more, the others lie up to 2 dB farther below it than they say. The
    ends are open: -141 is anything below -140 dBm, -44 anything above, 30 dB below 30 or more.
    """

    resource: int
    rsrp_dbm: int


def indicator_bits(resources: int) -> int:
    """Width of a resource indicator, CRI or SSBRI, of a set of that many resources."""
    return (resources - 1).bit_length()


def write_report(beams: Sequence[tuple[int, float]], resources: int) -> Bits:
    """The bits that a UE sends.

    Args:
        beams: resource and measured RSRP in dBm of 1 to 4 beams, the strongest first.
        resources: in the resource set.

    Raises:
        RanwrightError: ``e2.llc.beams``.
    """
    strengths = [rsrp for _, rsrp in beams]
    named = {resource for resource, _ in beams if 0 <= resource < resources}
    ordered = all(map(isfinite, strengths)) and sorted(strengths)[::-1] == strengths
    if not 1 <= len(beams) <= MOST_BEAMS or len(named) < len(beams) or not ordered:
        raise RanwrightError(
            "e2.llc.beams",
            f"{list(beams)!r} is no report of beams out of {resources}.",
            f"Give 1 to {MOST_BEAMS} different beams of the set with their RSRP, strongest first.",
        )
    width, value = indicator_bits(resources), 0
    for resource, _ in beams:
        value = value << width | resource
    strongest = _code(strengths[0])
    value = value << _RSRP_BITS | strongest
    for rsrp in strengths[1:]:
        below = min(int((strengths[0] - rsrp) // STEP_DB), _LARGEST_DIFFERENCE)
        value = value << _DIFFERENCE_BITS | below
    return Bits(value, _size(len(beams), width))


def read_report(bits: Bits, resources: int) -> tuple[BeamRsrp, ...]:
    """The beams of a report, the strongest first.

    The number of beams follows from the number of bits.

    Args:
        bits: of the report.
        resources: in the resource set.

    Raises:
        RanwrightError: ``e2.llc.beams``: no number of beams has so many bits, a beam is not in the
            set, or the RSRP is none that L1 reports.
    """
    width = indicator_bits(resources)
    counts = [n for n in range(1, MOST_BEAMS + 1) if _size(n, width) == bits.size]
    if not counts:
        raise _unreadable(f"{bits.size} bits are no report of beams out of {resources}.")
    (count,) = counts
    left = bits.size

    def take(size: int) -> int:
        nonlocal left
        left -= size
        return bits.value >> left & (1 << size) - 1

    named = [take(width) for _ in range(count)]
    strongest = take(_RSRP_BITS) + _CODE_OFFSET_DBM
    below = [0, *(take(_DIFFERENCE_BITS) for _ in range(count - 1))]
    if any(resource >= resources for resource in named):
        raise _unreadable(f"{named} are not all beams out of {resources}.")
    if not RANGE_DBM[0] - 1 <= strongest <= RANGE_DBM[1]:
        raise _unreadable(f"{strongest} dBm is no L1-RSRP.")
    return tuple(
        BeamRsrp(resource, strongest - STEP_DB * steps)
        for resource, steps in zip(named, below, strict=True)
    )


def _size(beams: int, width: int) -> int:
    return beams * width + _RSRP_BITS + _DIFFERENCE_BITS * (beams - 1)


def _code(rsrp_dbm: float) -> int:
    low, high = RANGE_DBM
    if rsrp_dbm < low:
        return low - 1 - _CODE_OFFSET_DBM
    return min(int(rsrp_dbm // 1), high) - _CODE_OFFSET_DBM


def _unreadable(message: str) -> RanwrightError:
    return RanwrightError(
        "e2.llc.beams", message, "Read it with the resource set that the report is configured with."
    )
