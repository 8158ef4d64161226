"""Field values and real values: 60 means 6.0 degrees, -70 means -140 dBm."""

from contracts.dictionary.store import lookup
from contracts.errors import RanwrightError


def to_real(name: str, field_value: float) -> float:
    """The real value behind a field value, in the record's ``real_unit`` (else its ``unit``).

    Raises:
        RanwrightError: as :func:`contracts.dictionary.lookup`.
    """
    scale = lookup(name).scale
    return field_value if scale is None else field_value * scale


def to_field(name: str, real_value: float) -> int:
    """The field value that carries a real value exactly.

    Raises:
        RanwrightError: ``dictionary.off_scale`` when the field cannot carry it, or as
            :func:`contracts.dictionary.lookup`.
    """
    record = lookup(name)
    exact = real_value if record.scale is None else real_value / record.scale
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
