"""Power units. TS 28.541 speaks milliwatts where engineers speak dBm; only this module converts."""

import math


def dbm_to_mw(power_dbm: float) -> float:
    """Decibel-milliwatts to milliwatts."""
    return float(10.0 ** (power_dbm / 10.0))


def mw_to_dbm(power_mw: float) -> float:
    """Milliwatts to decibel-milliwatts; ``power_mw`` must be positive."""
    return 10.0 * math.log10(power_mw)


def mw_to_w(power_mw: float) -> float:
    """Milliwatts to watts."""
    return power_mw / 1000.0
