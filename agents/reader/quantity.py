"""Numbers with units, the same for every reader: by pint, and dBm by contracts.units."""

import re
from functools import cache
from typing import TYPE_CHECKING

from agents.reader.clause import Amount, ReadingError
from contracts.units import dbm_to_mw, mw_to_w

if TYPE_CHECKING:
    from pint import UnitRegistry

_FRACTIONS = {"half": 1 / 2, "third": 1 / 3, "quarter": 1 / 4, "fifth": 1 / 5, "tenth": 1 / 10}
_MANY = {"two thirds": 2 / 3, "three quarters": 3 / 4}
_MAX_DBM = 100.0
_MAX_DB = 60.0


def measured(number: str, unit: str) -> Amount:
    """A number and a unit as they stand in the sentence.

    Raises:
        ReadingError: ``intent.bad_amount`` or ``intent.ambiguous_unit``.
    """
    value = checked(number)
    name = re.sub(r"\s+", "", unit)
    folded = name.casefold()
    if folded in ("%", "percent"):
        return Amount("percent", value)
    if folded == "dbm":
        return Amount("w", _rounded(mw_to_w(dbm_to_mw(_below(value, _MAX_DBM, "dBm")))))
    if folded == "db":
        return Amount("db", _below(value, _MAX_DB, "dB"))
    if value < 0:
        raise ReadingError("intent.bad_amount", f"{number} {unit} is negative.")
    if folded.endswith(("w", "watt", "watts")):
        return Amount("w", _convert(value, _power_unit(name), "watt"))
    return Amount("mbps", _convert(value, _rate_unit(name), "megabit / second"))


def checked(number: str) -> float:
    """A plain number; its sign is judged where its unit is known."""
    return float(number)


def factor(text: str) -> Amount:
    """``10x``, ``3 times``, ``2-fold``: this many times as much."""
    found = re.match(r"[\d.]+", text)
    if found is None:
        raise ReadingError("intent.bad_amount", f"{text!r} is no multiple.")
    return Amount("factor", float(found.group()))


def fraction(text: str) -> float:
    """``a fifth`` as 0.2."""
    words = " ".join(text.casefold().split())
    return _MANY.get(words) or _FRACTIONS[words.split()[-1]]


def _power_unit(name: str) -> str:
    folded = name.casefold()
    if folded == "mw":
        if name != "mW":
            raise ReadingError(
                "intent.ambiguous_unit",
                f"Is {name!r} milliwatts or megawatts? Write mW, W or kW.",
                ("unit",),
            )
        return "milliwatt"
    prefix = {"kw": "kilo", "kilow": "kilo", "milliw": "milli", "megaw": "mega"}
    return prefix.get(folded.removesuffix("s").removesuffix("att"), "") + "watt"


def _rate_unit(name: str) -> str:
    folded = name.casefold()
    prefix = {"k": "kilo", "m": "mega", "g": "giga"}.get(folded[0], "")
    if "bit" in folded or folded.endswith("bps"):
        base = "byte" if name.endswith("Bps") else "bit"
    elif "byte" in folded or name[1] == "B":
        base = "byte"
    elif name[0] in "MGKk":
        base = "bit"
    else:
        raise ReadingError(
            "intent.ambiguous_unit",
            f"Is {name!r} bits or bytes per second? Write Mbit/s or MB/s.",
            ("unit",),
        )
    return f"{prefix}{base} / second"


def _convert(value: float, unit: str, target: str) -> float:
    return _rounded(_registry().Quantity(value, unit).to(target).magnitude)


def _rounded(value: float) -> float:
    # Takes away what binary factors add (3 kbit/s is 0.003 Mbit/s), on every machine alike.
    return float(f"{value:.12g}")


def _below(value: float, limit: float, unit: str) -> float:
    if abs(value) > limit:
        raise ReadingError("intent.bad_amount", f"{value:g} {unit} is of absurd size.")
    return value


@cache
def _registry() -> "UnitRegistry[float]":
    from pint import UnitRegistry

    return UnitRegistry()
