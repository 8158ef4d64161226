"""Beam prediction on measured powers and in the single-path setting: see ``__main__``."""
