"""NULL as the alternative of a CHOICE that says all there is to say."""

from typing import TypeVar

from contracts.e2.per import Codec, PerError

T = TypeVar("T")


def nothing(value: T) -> Codec[T]:
    """NULL, which stands for ``value`` and for no other."""

    def encode(given: T, out: bytearray, free: int) -> int:
        if given != value:
            raise PerError(f"{given!r} has no place in this version")
        return free

    return Codec(type(value).__name__, lambda _: value, encode, 0)
