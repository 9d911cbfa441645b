"""Oversight: its channels, scaling, detection and sanctions."""
