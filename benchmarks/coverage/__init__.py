"""Do the guarantees hold? A thousand certified actions on plants that nobody has seen."""
