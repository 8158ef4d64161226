"""The E2 termination: where E2 nodes set E2 up, and where E2 and RMR meet."""
