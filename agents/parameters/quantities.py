"""Quantities that parameters are made of, each with its range.

Every number is finite; booleans and numeric strings are not numbers. Numbers
that enter sums of squares are bounded, so that the sums stay in the range of floats.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

SMALLEST, LARGEST = 1e-150, 1e150
"""The range of sizes of values and signals that are not 0."""


def bounded(number: float) -> float:
    """Refuse a number whose size is above `LARGEST`."""
    if abs(number) > LARGEST:
        raise ValueError(f"must be at most {LARGEST:g} in size, got {number:g}; use other units")
    return number


def measurable(number: float) -> float:
    """Refuse a number that is neither 0 nor of a size from `SMALLEST` to `LARGEST`."""
    if number != 0 and not SMALLEST <= abs(number) <= LARGEST:
        raise ValueError(
            f"must be 0 or {SMALLEST:g} to {LARGEST:g} in size, got {number:g}; use other units"
        )
    return number


Real = Annotated[float, Field(allow_inf_nan=False), AfterValidator(bounded)]
"""A real number, at most 1e150 in size."""

NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False), AfterValidator(bounded)]
"""A real number, 0..1e150."""

Mean = Annotated[float, Field(allow_inf_nan=False), AfterValidator(measurable)]
"""A mean of values or signals: 0, or 1e-150 to 1e150 in size."""

Deviation = Annotated[float, Field(ge=0, allow_inf_nan=False), AfterValidator(measurable)]
"""A standard deviation of values or signals: 0, or 1e-150 to 1e150."""

Strength = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""A strength of selection: any finite number, at least 0."""

Share = Annotated[float, Field(ge=0, le=1)]
"""A share or a probability, 0..1."""

Correlation = Annotated[float, Field(ge=-1, le=1)]
"""A correlation, -1..1, both ends allowed."""

Count = Annotated[int, Field(ge=1)]
"""How many of something there are, at least 1."""

CountOrZero = Annotated[int, Field(ge=0)]
"""How many of something there are, possibly 0."""

Generation = Annotated[int, Field(ge=0)]
"""A generation's number, from 0."""

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_+-]*$", max_length=200)]
"""A name that can stand in a path or a column: up to 200 letters, digits, ``_``, ``+``, ``-``."""
