"""The service layer: what the command line calls, and later REST and the console."""
