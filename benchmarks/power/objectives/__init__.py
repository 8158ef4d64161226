"""Objectives of the power model: zero-shot, adapted with few graphs, and what pre-training pays."""
