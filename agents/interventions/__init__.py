"""Interventions: what the evaluator changes while the population evolves. One kind a file."""
