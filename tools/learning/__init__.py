"""Training runs that models share."""
