"""WiFo: a masked autoencoder over space, time and frequency, here over a Bayesian predictor."""
