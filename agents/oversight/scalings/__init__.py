"""Scalings: how oversight keeps up with what it oversees. One kind a file."""
