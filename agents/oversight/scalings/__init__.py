"""Scalings: how oversight in force depends on the population. One kind per file."""
