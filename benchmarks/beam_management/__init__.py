"""Beams of moving UEs: the xApp against what a gNB does by itself."""
