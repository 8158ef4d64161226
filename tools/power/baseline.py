"""Baseline: the present power, always ready, never wrong about what it changes."""

from tools.power.solvers import PresentPower

__all__ = ["PresentPower"]
