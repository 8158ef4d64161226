"""Prediction of channel state information: data, classical predictors, the WiFo model."""
