"""Power control: per-cell configuredMaxTxPower from a problem and a snapshot."""

from tools.power.registry import power_tools

__all__ = ["power_tools"]
