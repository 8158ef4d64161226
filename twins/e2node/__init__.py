"""The twin as a gNB: a plant behind the E2 interface."""
