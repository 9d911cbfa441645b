"""Plots. Each function takes an optional ``ax`` and returns the Axes."""
