"""Sentences to train on, made from a grammar, with what they mean and where it stands in them."""
