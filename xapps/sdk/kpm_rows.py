"""Reads a large KPM report of UEs row by row, without NumPy and without an object for each value.

A UE's values are numbers with runs of *no value* before them. A number stands in whole octets, so
the run before it and its own head are one of few patterns of octets: a regular expression cuts a
row into such tokens, and most tokens (an RSRP behind a gap) were seen before. What is left must be
the end of the values and the identity of the next UE, to the octet; so what is read is what the
codec reads (property-tested). Anything else gives ``None``: then the codec reads it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ldexp
from typing import NamedTuple

from contracts.e2.measurements import ACTIVE_TIME, SERVING_CELL, SINR, VOLUME
from contracts.network import CellMeasurement
from xapps.sdk.kpm_form import BEFORE_ID, FIRST_UE, MISSING, end_of_values, number_of_ues, parts_of

OF_ROW = (VOLUME, ACTIVE_TIME, SERVING_CELL, SINR)
"""What is measured of a UE; behind it stands RSRP, by cell."""

_SINGLE = len(OF_ROW)
_IN_A_TURN = 8
"""Missing values after which the codes of missing values begin an octet again."""

_REAL, _INTEGER = "001", "000"
_LEAST_REAL, _MOST_REAL = 3, 10
"""Octets of a REAL with an exponent of one octet and a mantissa of one to eight."""

_MINUS_ZERO = b"\x01\x43"
_NEGATIVE, _REAL_HEAD = 0x40, 0x20
_MOST_ID = 5
_MOST_KNOWN = 1 << 14
Number = int | float


def _octets(bits: str) -> bytes:
    whole = -(-len(bits) // 8)
    return int(bits.ljust(8 * whole, "0"), 2).to_bytes(whole, "big")


_TURN = _octets(MISSING * _IN_A_TURN)
_REALS = {_octets(MISSING * run + _REAL): run for run in range(_IN_A_TURN)}
_INTEGERS = {_octets(f"{_INTEGER}{size - 1:02b}"): size for size in range(1, 5)}


def _any_of(patterns: Iterable[bytes]) -> bytes:
    return b"(?:" + b"|".join(patterns) + b")"


_REAL_OCTETS = _any_of(
    [b"\\x%02x[\\x80\\xc0].{%d}" % (size, size - 1) for size in range(_LEAST_REAL, _MOST_REAL + 1)]
    + [b"\\x00", re.escape(_MINUS_ZERO)]
)
_SINGLE_TOKEN = _any_of(
    [re.escape(_octets(_REAL)) + _REAL_OCTETS]
    + [re.escape(head) + b".{%d}" % size for head, size in _INTEGERS.items()]
)
_TURNS = b"(?:" + re.escape(_TURN) + b")*+"
_RSRP_TOKEN = _TURNS + _any_of(map(re.escape, _REALS)) + _REAL_OCTETS
_RSRP_TOKENS = re.compile(_RSRP_TOKEN, re.DOTALL)
_ROW = re.compile(
    (b"(" + _SINGLE_TOKEN + b")") * _SINGLE + b"((?:" + _RSRP_TOKEN + b")*+)", re.DOTALL
)


class UeRow(NamedTuple):
    """What a UE reported; as :class:`contracts.network.UeMeasurement`, and not checked again."""

    ue_id: int
    serving_cell: int
    dl_volume_mbit: float
    dl_active_time_ms: float
    sinr_db: float
    rsrp_dbm: dict[int, float]


@dataclass(frozen=True, slots=True)
class RowReport:
    """A report of rows; as :class:`contracts.network.KpmReport`.

    ``mark`` is a digest of its octets: who must know it again need not keep it.
    """

    kpm_time_ms: int
    period_ms: int
    resource_version: int
    cells: tuple[CellMeasurement, ...]
    ues: Sequence[UeRow]
    mark: bytes


class _Singles(dict[bytes, Number]):
    """Numbers that were read, by token."""

    def __missing__(self, token: bytes) -> Number:
        self[token] = read = _number(token)
        return read


class _Readings(dict[bytes, tuple[int, float]]):
    """RSRPs that were read, by token, and how many values each token passes over."""

    def __missing__(self, token: bytes) -> tuple[int, float]:
        self[token] = read = _rsrp(token)
        return read


class RowReader:
    """Reads the reports of one subscription to :data:`OF_ROW`.

    Args:
        cells: whose RSRP is asked for, in this order.
        granularity_ms: that was asked for.
    """

    def __init__(self, cells: Sequence[int], granularity_ms: int) -> None:
        self._cells = (0, *cells)
        self._ends = [end_of_values(n, granularity_ms) for n in range(len(cells) + 1)]
        self._singles = _Singles()
        self._readings = _Readings()
        self._identities: dict[bytes, int] = {}

    def rows(self, message: bytes) -> list[UeRow] | None:
        """All UEs in the order of the report; ``None`` where it has another form."""
        parts = parts_of(message, _SINGLE + len(self._ends) - 1)
        if parts is None:
            return None
        content, between = parts
        first, *rows = content.split(between)
        if len(rows) != number_of_ues(content):
            return None
        for kept in (self._singles, self._readings, self._identities):
            if len(kept) > _MOST_KNOWN:
                kept.clear()
        return self._rows(first[FIRST_UE:], rows)

    def _rows(self, identity: bytes, rows: Sequence[bytes]) -> list[UeRow] | None:
        singles, readings, cells, ends = self._singles, self._readings, self._cells, self._ends
        match, tokens = _ROW.match, _RSRP_TOKENS.findall
        found = []
        for row in rows:
            if (cut := match(row)) is None:
                return None
            volume, active, serving, sinr, heard = cut.groups()
            place, rsrp_dbm = 0, {}
            try:
                for step, value in [readings[t] for t in tokens(heard)]:
                    place += step
                    rsrp_dbm[cells[place]] = value
            except IndexError:
                return None
            ue_id, end = self._identity(identity), ends[-1 - place]
            volume_mbit, active_ms = _number(volume), singles[active]
            if ue_id is None or volume_mbit < 0.0 or active_ms < 0.0:
                return None
            if not row.startswith(end, cut.end()):
                return None
            cell, sinr_db = int(singles[serving]), singles[sinr]
            found.append(UeRow(ue_id, cell, volume_mbit, active_ms, sinr_db, rsrp_dbm))
            identity = row[cut.end() + len(end) :]
        return None if identity else found

    def _identity(self, octets: bytes) -> int | None:
        """The UE that octets name."""
        ue_id = self._identities.get(octets)
        if ue_id is None:
            size = len(octets) - BEFORE_ID
            if not 1 <= size <= _MOST_ID or octets[:BEFORE_ID] != bytes((0, (size - 1) << 2)):
                return None
            ue_id = self._identities[octets] = int.from_bytes(octets[BEFORE_ID:], "big")
        return ue_id


def _number(token: bytes) -> Number:
    """The value of a token that no missing value stands before."""
    return _real(token[1:]) if token[0] == _REAL_HEAD else int.from_bytes(token[1:], "big")


def _rsrp(token: bytes) -> tuple[int, float]:
    """How many values a token passes over, its own included, and its own."""
    start = 0
    while token.startswith(_TURN, start):
        start += len(_TURN)
    run, size = next((run, len(h)) for h, run in _REALS.items() if token.startswith(h, start))
    passed = start // len(_TURN) * _IN_A_TURN + run + 1
    return passed, _real(token[start + size :])


def _real(octets: bytes) -> float:
    """A REAL with base 2 and an exponent of one octet, behind its length (X.690 8.5)."""
    if len(octets) <= len(_MINUS_ZERO):
        return -0.0 if octets == _MINUS_ZERO else 0.0
    exponent = octets[2] - ((octets[2] & 0x80) << 1)
    value = ldexp(int.from_bytes(octets[3:], "big"), exponent)
    return -value if octets[1] & _NEGATIVE else value
