"""What a planner can compute with: tools under one contract."""
