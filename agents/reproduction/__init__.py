"""Reproduction: how children differ from their parents. One operator per file."""
