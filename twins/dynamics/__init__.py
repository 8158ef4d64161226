"""The network in motion: what changes from slot to slot and from second to second."""
