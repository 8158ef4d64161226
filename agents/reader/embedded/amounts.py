"""Amounts of a sentence: a number, and what it counts. Units are closed lists, slips forgiven."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from agents.reader.clause import ReadingError
from agents.reader.embedded.numbers import leading
from contracts.units import dbm_to_mw, mw_to_w

Kind = Literal["percent", "points", "factor", "part", "db", "dbm", "measure", "bare"]

_SCALES: dict[str, tuple[str, float]] = {
    **{f"{p}{u}": ("Mbit/s", s * b)
       for p, s in (("", 1e-6), ("k", 1e-3), ("m", 1.0), ("g", 1e3), ("t", 1e6))
       for u, b in (("bit/s", 1), ("bits/s", 1), ("bps", 1), ("byte/s", 8), ("bytes/s", 8))},
    **{f"{p}{u}": ("Mbit/s", s)
       for p, s in (("kilo", 1e-3), ("mega", 1.0), ("giga", 1e3), ("tera", 1e6))
       for u in ("bitpersecond", "bitspersecond", "bitprosekunde", "bitproseconds")},
    "megabytespersecond": ("Mbit/s", 8.0), "megabyteprosekunde": ("Mbit/s", 8.0),
    "mbitprosekunde": ("Mbit/s", 1.0), "mbitpersecond": ("Mbit/s", 1.0), "megs": ("Mbit/s", 1.0),
    "ms": ("ms", 1.0), "msec": ("ms", 1.0), "msecs": ("ms", 1.0), "millisecond": ("ms", 1.0),
    "milliseconds": ("ms", 1.0), "millisecs": ("ms", 1.0), "millisekunde": ("ms", 1.0),
    "millisekunden": ("ms", 1.0), "s": ("ms", 1e3), "sec": ("ms", 1e3), "second": ("ms", 1e3),
    "seconds": ("ms", 1e3), "sekunden": ("ms", 1e3), "sekunde": ("ms", 1e3), "us": ("ms", 1e-3),
    "µs": ("ms", 1e-3), "μs": ("ms", 1e-3), "microseconds": ("ms", 1e-3),
    "microsecond": ("ms", 1e-3),
    "mikrosekunden": ("ms", 1e-3), "ns": ("ms", 1e-6), "nanoseconds": ("ms", 1e-6),
    "nanosekunden": ("ms", 1e-6),
    "w": ("W", 1.0), "watt": ("W", 1.0), "watts": ("W", 1.0), "kw": ("W", 1e3),
    "kilowatt": ("W", 1e3), "kilowatts": ("W", 1e3), "megawatt": ("W", 1e6),
    "milliwatt": ("W", 1e-3),
    "kwh": ("kWh", 1.0), "wh": ("kWh", 1e-3), "mwh": ("kWh", 1e3), "kilowatt-hours": ("kWh", 1.0),
    "kilowatthours": ("kWh", 1.0), "kilowattstunden": ("kWh", 1.0),
    "mbit/kwh": ("Mbit/kWh", 1.0), "gbit/kwh": ("Mbit/kWh", 1e3), "mbitperkwh": ("Mbit/kWh", 1.0),
    "mbitprokwh": ("Mbit/kWh", 1.0), "bit/j": ("Mbit/kWh", 3.6), "kbit/j": ("Mbit/kWh", 3600.0),
    "kilobitsperjoule": ("Mbit/kWh", 3600.0), "bitsperjoule": ("Mbit/kWh", 3.6),
    "ue": ("UE", 1.0), "ues": ("UE", 1.0), "users": ("UE", 1.0), "user": ("UE", 1.0),
    "nutzer": ("UE", 1.0), "handovers": ("handovers", 1.0), "handover": ("handovers", 1.0),
}  # fmt: skip
_PERCENT = ("%", "percent", "percents", "percentage", "pct", "prozent", "vonhundert")
_POINTS = ("percentagepoints", "percentagepoint", "points", "point", "pp", "prozentpunkte",
           "prozentpunkt", "punkte", "%-points")  # fmt: skip
_DB = ("db", "decibel", "decibels", "dezibel")
_BYTES = re.compile(r"[kKmMgG]B/s|[kKMG]Bps")
_PARTS = {
    "half": 1 / 2, "third": 1 / 3, "quarter": 1 / 4, "fifth": 1 / 5, "tenth": 1 / 10,
    "hälfte": 1 / 2, "drittel": 1 / 3, "viertel": 1 / 4, "fünftel": 1 / 5, "zehntel": 1 / 10,
    "thirds": 1 / 3, "quarters": 1 / 4, "fifths": 1 / 5, "tenths": 1 / 10,
}  # fmt: skip
_FACTORS = {
    "double": 2.0, "doubled": 2.0, "twice": 2.0, "two times": 2.0, "triple": 3.0, "quadruple": 4.0,
    "halve": 0.5, "halved": 0.5, "half as many": 0.5, "half as much": 0.5, "verdoppeln": 2.0,
    "verdreifachen": 3.0, "halbieren": 0.5,
}  # fmt: skip
_TIMES = re.compile(r"(?:x|×|times|-?fold|mal|fach)\b.*", re.IGNORECASE)
_ODDS = re.compile(r"(?:(?:packets?|pakete?)\s+)?(?:in|out of|of|von)\s+(?:a\s+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Amount:
    """``value`` counts per cent, points, multiples, parts of what is, dB, dBm, or a ``unit``."""

    kind: Kind
    value: float
    unit: str = ""


def amount(text: str) -> Amount:
    """What a span says.

    Raises:
        ReadingError: ``intent.bad_amount`` with what is missing: ``amount`` or ``unit``.
    """
    folded = " ".join(text.lower().split())
    if folded in _FACTORS:
        return Amount("factor", _FACTORS[folded])
    part = _part(folded)
    if part is not None:
        return part
    found = leading(folded.removeprefix("±").removeprefix("by "))
    if found is None:
        raise ReadingError("intent.bad_amount", f"{text!r} is no number.", ("amount",))
    value, rest = found
    odds = _ODDS.match(rest)
    if odds and (of := leading(rest[odds.end() :])) and of[0] > 0.0:
        return Amount("measure", 100.0 * value / of[0], "%")
    written = text.strip()[-len(rest) :] if rest else ""
    return _with_unit(value, rest, written)


def _part(text: str) -> Amount | None:
    words = text.split()
    if not words or words[-1] not in _PARTS or len(words) > 2:
        return _part_of_unit(words)
    count = 1.0 if len(words) == 1 or words[0] in ("a", "die") else None
    if count is None:
        read = leading(words[0])
        count = None if read is None else read[0]
    return None if count is None else Amount("part", count * _PARTS[words[-1]])


def _part_of_unit(words: list[str]) -> Amount | None:
    """Half a kilowatt."""
    if len(words) < 3 or words[0] != "half" or words[1] != "a":
        return None
    return _with_unit(0.5, " ".join(words[2:]), " ".join(words[2:]))


def _with_unit(value: float, rest: str, written: str) -> Amount:
    name = re.sub(r"\s+", "", rest).strip(".!")
    if not name:
        return Amount("bare", value)
    if _TIMES.fullmatch(name):
        return Amount("factor", value)
    if _BYTES.fullmatch(re.sub(r"\s+", "", written)):
        prefix = {"k": 1e-3, "m": 1.0, "g": 1e3}[name[0]]
        return Amount("measure", 8.0 * prefix * value, "Mbit/s")
    if re.fullmatch(r"[kmgt]b/s", name):
        return Amount(
            "measure", {"k": 1e-3, "m": 1.0, "g": 1e3, "t": 1e6}[name[0]] * value, "Mbit/s"
        )
    special = _special(value, name)
    return special or _measure(value, name, rest)


def _special(value: float, name: str) -> Amount | None:
    if name in _PERCENT:
        return Amount("percent", value)
    if name in _POINTS:
        return Amount("points", value)
    if name in _DB:
        return Amount("db", value)
    if name == "dbm":
        return Amount("dbm", value)
    if name == "ppm":
        return Amount("measure", value / 1e4, "%")
    if name in ("basispoints", "basispoint", "basispunkte"):
        return Amount("points", value / 100.0)
    return None


def _measure(value: float, name: str, rest: str) -> Amount:
    if name not in _SCALES:
        known = (*_SCALES, *_PERCENT, *_POINTS)
        close = get_close_matches(name, known, n=1, cutoff=0.75) if len(name) > 3 else []
        if not close:
            raise ReadingError(
                "intent.bad_amount", f"{rest!r} is no unit that is known.", ("unit",)
            )
        name = close[0]
        special = _special(value, name)
        if special is not None:
            return special
    unit, scale = _SCALES[name]
    return Amount("measure", value * scale, unit)


def watts(dbm: float) -> float:
    """A power in dBm in W."""
    return mw_to_w(dbm_to_mw(dbm))
