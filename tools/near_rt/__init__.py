"""Power control fast enough for the near-RT loop: NumPy alone, deterministic, bounded time."""
