"""Verification: lawful, physically right, and proven in roll-outs; the process that signs."""
