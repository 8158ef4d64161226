"""The grid of a transmit power: steps in dB below a maximum, rounded to whole milliwatts.

Equipment profiles, the domains of plans and envelopes, the actuator and xApps all count with these
two functions, from the equipment's own maximum: from another value rounding would lead 1 mW astray.
"""

from contracts.units import dbm_to_mw, mw_to_dbm


def grid_between(max_mw: int, step_db: float, lower_mw: int, upper_mw: int) -> tuple[int, ...]:
    """Values of the grid from ``lower_mw`` to ``upper_mw``, ascending, each once."""
    top_dbm = mw_to_dbm(max_mw)
    first = max(0, int((top_dbm - mw_to_dbm(upper_mw)) / step_db) - 1)
    last = int((top_dbm - mw_to_dbm(lower_mw)) / step_db) + 1
    values = {_value_mw(top_dbm, step_db, k) for k in range(first, last + 1)}
    return tuple(sorted(v for v in values if lower_mw <= v <= upper_mw))


def is_on_grid(power_mw: int, max_mw: int, step_db: float) -> bool:
    """Whether a positive power is one of the grid's values."""
    top_dbm = mw_to_dbm(max_mw)
    nearest = round((top_dbm - mw_to_dbm(power_mw)) / step_db)
    near = (nearest, nearest - 1, nearest + 1)
    return any(k >= 0 and _value_mw(top_dbm, step_db, k) == power_mw for k in near)


def _value_mw(top_dbm: float, step_db: float, steps: int) -> int:
    return round(dbm_to_mw(top_dbm - steps * step_db))
