"""Batteries: which questions activate which beliefs. One kind a file."""
