"""Range checks for the parameters of closed forms and chains."""

from __future__ import annotations

import math


def check_parameters(size: int, **numbers: float | None) -> None:
    """Raise ValueError if a parameter is out of range.

    The size must be at least 1, weights and ratios above 0, β at least 0, and
    flip probabilities in 0..1. Other numbers, such as logarithms, may not be NaN.
    """
    if size < 1:
        raise ValueError(f"size: must be at least 1, got {size!r}")
    for name, number in numbers.items():
        if number is None:
            continue
        if number != number:
            raise ValueError(f"{name}: must be a number, got {number!r}")
        if name in ("weight", "ratio") and not 0 < number < math.inf:
            raise ValueError(
                f"{name}: must be above 0 and finite, got {number!r}; give log_{name} instead"
            )
        if name == "beta" and not number >= 0:
            raise ValueError(f"beta: must be at least 0, got {number!r}")
        if name in ("flip", "back") and not 0 <= number <= 1:
            raise ValueError(f"{name}: must be in 0..1, got {number!r}")
