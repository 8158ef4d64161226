"""Reads a large KPM report of UEs column by column, in a time that a near-RT loop can spare.

Octets that are the same for all UEs are found (:mod:`xapps.sdk.kpm_form`). Values of all UEs are
then read together: runs of *no value* at once, each number as one operation on arrays. Each UE must
end exactly where the next begins, so that what is read is what the codec reads (property-tested).
Anything else gives ``None``: then the codec reads it, in its own time.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xapps.sdk.kpm_form import BEFORE_ID, FIRST_UE, MISSING, number_of_ues, parts_of

Words = NDArray[np.uint64]
Positions = NDArray[np.int64]

_PADDING = bytes(24)

_CODES_AT_ONCE = 17
"""Codes of three bits whose 51 bits a double holds exactly."""
_CODE_BITS = 3 * _CODES_AT_ONCE
_NO_VALUES = np.uint64(int(MISSING * _CODES_AT_ONCE, 2))
_REAL = 1
_NEGATIVE = 0xC0
_SHORT_REAL, _LONG_REAL = 3, 4
"""Octets of a REAL whose exponent has one and whose mantissa has one or two."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Values of U UEs.

    Attributes:
        ue_ids: [U] AMF UE NGAP ID, in the order of the report.
        values: [U, N]; NaN where there is none.
    """

    ue_ids: NDArray[np.int64]
    values: NDArray[np.float64]


def ue_columns(message: bytes, count: int) -> Columns | None:
    """Read a report whose UEs have ``count`` values each; ``None`` where it has another form."""
    parts = parts_of(message, count)
    if parts is None:
        return None
    content, between = parts
    places = [found.start() for found in re.finditer(re.escape(between), content)]
    if len(places) != number_of_ues(content):
        return None
    behind = np.array(places, np.int64)
    scan = _Scan(content, behind + len(between), count)
    ends = scan.ends()
    ids = None if ends is None else _identities(scan.words, behind, ends, len(content))
    return None if ids is None else Columns(ids, scan.values)


class _Scan:
    """The values of all UEs, read side by side.

    Args:
        content: of the report.
        starts: [U] octet at which the values of each UE begin.
        count: values of each.

    Attributes:
        words: the eight octets from each on, as a number.
        values: [U, N].
    """

    def __init__(self, content: bytes, starts: Positions, count: int) -> None:
        padded = content + _PADDING
        self.words: Words = np.ndarray(len(padded) - 8, ">u8", padded, strides=(1,))
        self.values = np.full((len(starts), count), np.nan)
        self._starts = starts
        self._last_bit = 8 * len(content)
        self._count = count

    def ends(self) -> Positions | None:
        """Read; [U] octet behind each UE, its granularity included.

        None where something stands there that is not read here.
        """
        ends = np.empty(len(self._starts), np.int64)
        rows, bit = np.arange(len(ends)), 8 * self._starts
        done = np.zeros(len(ends), np.int64)
        while len(rows):
            if (bit >= self._last_bit).any() or not self._step(rows, bit, done):
                return None
            if (whole := done == self._count).any():
                ends[rows[whole]] = bit[whole]
                rows, bit, done = rows[~whole], bit[~whole], done[~whole]
        size = (self._from(ends) >> np.uint64(62)).astype(np.int64) + 1
        behind: Positions = ((ends + 9) >> 3) + size
        return behind if bool((8 * behind <= self._last_bit).all()) else None

    def _step(self, rows: Positions, bit: Positions, done: Positions) -> bool:
        """Pass over missing values, and read the number behind them, of each UE; in place."""
        word = self._from(bit)
        differs = (word >> np.uint64(64 - _CODE_BITS)) ^ _NO_VALUES
        _, length = np.frexp(differs.astype(np.float64))
        missing = np.minimum((_CODE_BITS - length) // 3, self._count - done)
        bit += 3 * missing
        done += missing
        chosen = np.flatnonzero((missing < _CODES_AT_ONCE) & (done < self._count))
        if not len(chosen):
            return True
        head = (word[chosen] << (3 * missing[chosen]).astype(np.uint64)) >> np.uint64(59)
        real = head >> np.uint64(2) == _REAL
        at = bit[chosen]
        if real.all():
            first = (at + 10) >> 3
            word = self.words[first].astype(np.uint64)
            size = (word >> np.uint64(56)).astype(np.int64) + 1
            read = _real(word, size - 1)
        elif (head >> np.uint64(2))[~real].any():
            return False
        else:
            first = np.where(real, (at + 10) >> 3, (at + 12) >> 3)
            word = self.words[first].astype(np.uint64)
            own = (head & np.uint64(3)).astype(np.int64) + 1
            size = np.where(real, (word >> np.uint64(56)).astype(np.int64) + 1, own)
            whole = (word >> (64 - 8 * own).astype(np.uint64)).astype(np.float64)
            read = np.where(real, _real(word, size - 1), whole)
        self.values[rows[chosen], done[chosen]] = read
        done[chosen] += 1
        bit[chosen] = 8 * (first + size)
        return not bool(np.isnan(read).any() or (bit > self._last_bit).any())

    def _from(self, bit: Positions) -> Words:
        """57 bits from each bit on, and zeros."""
        words: Words = self.words[bit >> 3].astype(np.uint64) << (bit & 7).astype(np.uint64)
        return words


def _real(word: Words, size: Positions) -> NDArray[np.float64]:
    """REAL with base 2 and up to two octets of mantissa behind its length; else NaN (X.690 8.5)."""
    head = (word >> np.uint64(48)).astype(np.uint8)
    exponent = (word >> np.uint64(40)).astype(np.uint8).view(np.int8)
    mantissa = ((word >> np.uint64(24)) & np.uint64(0xFFFF)).astype(np.int64)
    mantissa >>= 8 * (size == _SHORT_REAL)
    value = np.ldexp(mantissa.astype(np.float64), exponent)
    value[head == _NEGATIVE] *= -1.0
    known = ((size == _SHORT_REAL) | (size == _LONG_REAL)) & (head | 0x40 == _NEGATIVE)
    value[~known] = np.nan
    value[size == 0] = 0.0
    return value


def _identities(
    words: Words, behind: Positions, ends: Positions, total: int
) -> NDArray[np.int64] | None:
    """[U] identities, which end at ``behind``; None unless each UE begins where another ended."""
    starts = np.concatenate([[FIRST_UE], ends[:-1]])
    size = behind - starts - BEFORE_ID
    if ends[-1] != total or not ((size >= 1) & (size <= 5)).all():
        return None
    word = words[starts].astype(np.uint64)
    if ((word >> np.uint64(48)).astype(np.int64) != (size - 1) << 2).any():
        return None
    own: Words = (word << np.uint64(8 * BEFORE_ID)) >> (64 - 8 * size).astype(np.uint64)
    return own.astype(np.int64)
