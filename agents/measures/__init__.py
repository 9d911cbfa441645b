"""Measures: what a record says of each generation. One group of measures a file."""
