"""Retrieval: parameters and clauses, by several methods, on questions written apart from them."""
