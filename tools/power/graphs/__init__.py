"""Interference graphs: data, objectives and classical solvers of power control link by link."""
