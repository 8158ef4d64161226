"""The protocol between planner, approver, verifier, actuator, ledger and plant, model-checked."""
