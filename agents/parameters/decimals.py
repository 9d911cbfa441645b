"""Decimals: a share that is written .29 means 29/100, not the float next to it."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache


@lru_cache(maxsize=1024)
def decimal(number: float) -> Fraction:
    """Return the shortest decimal that is read as a float, as an exact fraction.

    So ⌊.29·100⌋ is 29, although the product of the two floats is below 29.
    """
    return Fraction(repr(float(number)))
