"""The A1 mediator: policies from the non-RT RIC to xApps over RMR, and back how they fare."""
