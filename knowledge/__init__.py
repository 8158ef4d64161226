"""Specifications: parameter rules with citations, exact look-up and search."""
