"""Plots: one figure a file. Each takes ``ax=None`` and returns the Axes."""
