"""The time stamps of E2 service models: RFC 5905 clause 6, seconds and fraction since 1900."""

from contracts.errors import RanwrightError

_UNIX_EPOCH_S = 2_208_988_800
"""Seconds from 1900-01-01 to 1970-01-01, RFC 5905 figure 4."""

_FRACTION = 1 << 32
_NS_PER_S = 1_000_000_000


def ntp_timestamp(unix_time_ns: int) -> bytes:
    """The 64-bit time stamp of a moment, 8 octets, big-endian; era 0 wraps in 2036.

    Args:
        unix_time_ns: nanoseconds since 1970-01-01 UTC.
    """
    seconds, rest_ns = divmod(unix_time_ns, _NS_PER_S)
    fraction = (rest_ns * _FRACTION + _NS_PER_S - 1) // _NS_PER_S
    return (((seconds + _UNIX_EPOCH_S) * _FRACTION + fraction) % (1 << 64)).to_bytes(8, "big")


def unix_time_ns(timestamp: bytes) -> int:
    """Nanoseconds since 1970-01-01 UTC of a time stamp of 8 octets, or of 4 (whole seconds).

    Stamps below 2^31 seconds are read as era 1, from 2036 on (RFC 5905 clause 6).

    Raises:
        RanwrightError: ``e2.timestamp``, the stamp has neither 4 nor 8 octets.
    """
    if len(timestamp) not in (4, 8):
        raise RanwrightError(
            "e2.timestamp",
            f"A time stamp has 4 octets (E2SM-KPM v2) or 8, not {len(timestamp)}.",
            "Decode the header with the version of the service model that the node announced.",
        )
    seconds = int.from_bytes(timestamp[:4], "big")
    if seconds < 1 << 31:
        seconds += _FRACTION
    fraction = int.from_bytes(timestamp[4:], "big")
    return (seconds - _UNIX_EPOCH_S) * _NS_PER_S + fraction * _NS_PER_S // _FRACTION
