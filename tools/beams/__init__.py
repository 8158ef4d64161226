"""Beams: prediction and design."""
