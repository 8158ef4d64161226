"""Digital twins: scenarios, ray-traced channels, the flow-level step, the simulated plant."""
