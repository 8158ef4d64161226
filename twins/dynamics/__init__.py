"""A network in motion: mobility, traffic, scheduling, handover, sleep and beams over time."""
