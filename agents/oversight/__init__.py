"""Oversight: how closely the evaluator looks, and what follows from being caught."""
