"""Beam management: predicts beams, switches, falls back, proposes handovers before a beam fails."""
