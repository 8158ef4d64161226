"""How a condition and the next one are combined: the LogicalOR of E2SM-RC and E2SM-LLC."""

from enum import Enum

from contracts.e2.per import Codec, PerError, Reader, enumerated


class _Or(Enum):
    TRUE = True
    FALSE = False


_OR = enumerated(_Or, root=2)


def _take_or(reader: Reader) -> bool:
    return _OR.decode(reader) is _Or.TRUE


def _put_or(value: bool, out: bytearray, free: int) -> int:
    if not isinstance(value, bool):
        raise PerError(f"{value!r} is neither true nor false")
    return _OR.encode(_Or.TRUE if value else _Or.FALSE, out, free)


LOGICAL_OR: Codec[bool] = Codec("LogicalOR", _take_or, _put_or, 2)
"""Whether this and the next condition are combined by OR; missing, they are by AND."""
