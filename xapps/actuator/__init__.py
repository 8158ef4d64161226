"""The actuator: the only route to the plant. It acts on signed certificates and on nothing else."""
