"""Beam design: which sites send, with which precoders, under typed spatial requirements."""
