"""Beams: prediction, design, management."""
