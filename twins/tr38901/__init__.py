"""The stochastic channel of TR 38.901 V16.1.0 (clause 7): UMa and UMi street canyon."""
