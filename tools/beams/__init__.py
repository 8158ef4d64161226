"""Beam management: measured and made power vectors, trackers, predictors, and when to sweep."""
