"""The embedded near-RT RIC: what an xApp sees of the platform, in one process."""
