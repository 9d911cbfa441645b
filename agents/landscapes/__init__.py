"""Landscapes: where beliefs get their value and their signal from. One kind a file."""
