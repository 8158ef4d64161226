"""Text that wants to change a plan: what reaches a reader, what is flagged, what comes of it."""
