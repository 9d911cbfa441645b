"""Comparison of conditions: paired differences, twins, power, and what dominates what."""
