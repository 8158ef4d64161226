"""Prediction of CSI, and what it is worth to precoders: see ``__main__``."""
