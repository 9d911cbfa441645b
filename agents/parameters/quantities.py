"""Quantities that parameters are made of, each with its range.

Every number is finite; booleans and numeric strings are not numbers.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Real = Annotated[float, Field(allow_inf_nan=False)]
"""Any finite real number."""

NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""A finite real number, at least 0."""

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
"""A finite real number above 0."""

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

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_+-]*$")]
"""A name that can stand in a path or a column: letters, digits, ``_``, ``+``, ``-``."""
