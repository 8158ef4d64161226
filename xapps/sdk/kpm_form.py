"""The form of a large KPM report of UEs: what is the same for every UE, and where that stands.

A report of format 3 in which every UE has one record of the same number of values, a granularity
and no names of measurements differs between UEs in identities and values alone. The octets between
are the same for all UEs of an AMF; the codec vouches for those of the first. Who reads such a
report finds them and reads what lies between by itself; reports of any other form go to the codec.

Layout facts: aligned PER, X.691; E2SM-KPM 8.2.1.4.3. A value is three bits that say its kind; then
a number stands in whole octets behind its length.
"""

from functools import lru_cache

from contracts.e2.common.cells import Guami
from contracts.e2.common.ue import UeIdGnb
from contracts.e2.kpm.codec import kpm
from contracts.e2.kpm.report import Record, Report, UeReport, UeReports
from contracts.e2.kpm.version import KpmVersion
from contracts.e2.per import PerError, Reader, encode, raw_open_type, take_counted
from contracts.errors import RanwrightError

FIRST_UE = 3
"""Octet of a content at which its first UE begins: an extension bit and a number come before."""

BEFORE_ID = 2
"""Octets of a UE before the number that it is known by."""

MISSING = "010"
"""Bits of a value that is missing."""

_KPM = kpm(KpmVersion.V4_00)
_FORMAT_3 = b"\x40\x00"
"""Box and choice; what follows is an open type."""
_HEAD_OF_ONE = bytes(FIRST_UE + BEFORE_ID + 1)
"""A report of one UE, whose identity is 0, up to that."""


def parts_of(message: bytes, count: int) -> tuple[bytes, bytes] | None:
    """Content of a report, and the octets between identity and values of its first UE.

    Args:
        message: an indication message.
        count: of values that each UE has.

    Returns:
        None where the report has another form.
    """
    content = _content(message)
    if content is None or len(content) <= FIRST_UE + 1:
        return None
    start = FIRST_UE + BEFORE_ID + 1 + (content[FIRST_UE + 1] >> 2)
    between = content[start : start + _length_between(count)]
    return (content, between) if _is_between(between, count) else None


def number_of_ues(content: bytes) -> int:
    """How many UEs a content says that it holds."""
    return 1 + int.from_bytes(content[1:FIRST_UE], "big")


def end_of_values(missing: int, granularity_ms: int) -> bytes:
    """What follows the last number of a UE: so many missing values, and a granularity."""
    size = max(1, ((granularity_ms - 1).bit_length() + 7) // 8)
    bits = MISSING * missing + f"{size - 1:02b}"
    octets = -(-len(bits) // 8)
    head = int(bits.ljust(8 * octets, "0"), 2).to_bytes(octets, "big")
    return head + (granularity_ms - 1).to_bytes(size, "big")


def _content(message: bytes) -> bytes | None:
    if not message.startswith(_FORMAT_3):
        return None
    reader = Reader(message)
    reader.pos = 8 * len(_FORMAT_3)
    try:
        content = take_counted(reader)
    except PerError:
        return None
    return content if reader.pos == reader.end and not content[:1].strip(b"\0") else None


@lru_cache(maxsize=64)
def _length_between(count: int) -> int:
    """How many octets stand between identity and values; the same whichever AMF it is."""
    ue = UeIdGnb(0, Guami(bytes(3), amf_region=0, amf_set=0, amf_pointer=0))
    probe = UeReports((UeReport(ue, Report((Record((None,) * count),), None, 1)),))
    content = _content(_KPM.indication_message.encode(probe))
    assert content is not None
    return len(content) - len(_HEAD_OF_ONE) - len(end_of_values(count, 1))


@lru_cache(maxsize=64)
def _is_between(octets: bytes, count: int) -> bool:
    """Whether the codec reads so many values and a granularity behind these octets.

    They are put between an identity and values that are all missing.
    """
    content = _HEAD_OF_ONE + octets + end_of_values(count, 1)
    try:
        read = _KPM.indication_message.decode(_FORMAT_3 + encode(raw_open_type(), content))
    except RanwrightError:
        return False
    match read:
        case UeReports(ues=(UeReport(ue=UeIdGnb(amf_ue_ngap_id=0), report=report),)):
            return report == Report((Record((None,) * count),), None, 1)
    return False
