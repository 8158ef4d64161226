"""The statistical twin against 3GPP's phase-1 calibration."""
