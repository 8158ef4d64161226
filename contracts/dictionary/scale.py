"""Field values and real values: 60 means 6.0 degrees, -70 means -140 dBm, ms0p5 half a ms."""

import re

from contracts.dictionary.record import ParameterRecord
from contracts.dictionary.store import lookup
from contracts.errors import RanwrightError

_NUMBER = re.compile(r"([A-Za-z]*?)(-?)(\d+)(?:(?:p|dot)(\d+))?(?:bits?)?", re.IGNORECASE)
_ALPHA = re.compile(r"alpha(\d)(\d*)")
_FRACTION = re.compile(r"(o|l|zero|)dot(\d+)", re.IGNORECASE)
_WHOLE_PART = {"l": 1.0}
_IN_MS = {"ms": 1.0, "s": 1000.0, "min": 60_000.0}


def to_real(name: str, field_value: float) -> float:
    """The real value behind a field value, in the record's ``real_unit`` (else its ``unit``).

    Raises:
        RanwrightError: as :func:`contracts.dictionary.lookup`.
    """
    return real_value(lookup(name), field_value)


def real_value(record: ParameterRecord, field_value: float) -> float:
    """As :func:`to_real`, for a record at hand."""
    if record.scale is None:
        return field_value
    return field_value * record.scale + (record.offset or 0.0)


def to_field(name: str, real_value: float) -> int:
    """The field value that carries a real value exactly.

    Raises:
        RanwrightError: ``dictionary.off_scale`` when the field cannot carry it, or as
            :func:`contracts.dictionary.lookup`.
    """
    record = lookup(name)
    exact = (real_value - (record.offset or 0.0)) / (record.scale or 1.0)
    field_value = round(exact)
    if abs(exact - field_value) > 1e-6:
        raise RanwrightError(
            "dictionary.off_scale",
            f"{record.path} moves in steps of {record.scale or 1:g}"
            f" {record.real_unit or record.unit or ''}".rstrip()
            + f"; {real_value:g} is none.",
            "Choose a multiple of the step.",
        )
    return field_value


def literal_value(record: ParameterRecord, literal: str) -> float | None:
    """The real value that a literal spells, in the record's ``real_unit`` or ``unit``.

    ``ms0p5`` is 0.5 where the unit is ms, ``min1`` is 60000 there, ``dB-24`` is -24, ``rf128`` is
    128 radio frames, ``oDot75`` is 0.75, ``alpha08`` is 0.8, and ``p05`` is 0.05 where the scale
    is a hundredth.

    Returns:
        None where the literal spells no number (``infinity``, ``true``).
    """
    alpha = _ALPHA.fullmatch(literal)
    if alpha is not None:
        return float(f"{alpha[1]}.{alpha[2] or 0}")
    fraction = _FRACTION.fullmatch(literal)
    if fraction is not None:
        return _WHOLE_PART.get(fraction[1].casefold(), 0.0) + float(f"0.{fraction[2]}")
    found = _NUMBER.fullmatch(literal)
    if found is None:
        return None
    number = real_value(record, float(f"{found[2]}{found[3]}.{found[4] or 0}"))
    spelt, wanted = _IN_MS.get(found[1].casefold()), _IN_MS.get(record.unit or "")
    return number if spelt is None or wanted is None else number * spelt / wanted
