"""The E2 manager's REST, for reading: which nodes there are, and what they announced."""
