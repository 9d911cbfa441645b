"""Batteries: which questions activate which beliefs. One kind per file."""
