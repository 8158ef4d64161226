"""Specifications made up for tests and benchmarks: the form of real ones, words of our own."""
