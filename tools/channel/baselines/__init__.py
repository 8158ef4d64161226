"""Classical prediction and interpolation of CSI: what operators would use instead of a network."""
