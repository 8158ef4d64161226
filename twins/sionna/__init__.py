"""What Sionna computes for the twin: traced paths, and a slot-level reference."""
