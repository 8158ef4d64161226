"""E2: the interface between a near-RT RIC and the nodes of a radio access network."""
