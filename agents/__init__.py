"""The planner: agents, verification, approval, and the service the command line calls."""
