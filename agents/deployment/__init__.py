"""Deployment: what the tested behaviour is worth outside the test, and what harm it does."""
