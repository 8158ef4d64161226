"""Beam design against what is done without optimisation: see ``__main__``."""
