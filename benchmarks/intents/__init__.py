"""IntentBench: sentences of RAN operators with gold that a machine can check. See README.md."""
