"""The embedded reader: a small language model marks a sentence; code reads, checks and decides."""
