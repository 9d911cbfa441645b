"""Summaries: objects that hold arrays print their shapes, not their numbers."""

from __future__ import annotations

from dataclasses import fields
from reprlib import Repr
from typing import Any, TypeVar

import numpy as np

C = TypeVar("C", bound=type)

SHORT = Repr()
SHORT.maxother = SHORT.maxstring = 40


def summarised(cls: C) -> C:
    """Give a named tuple or a data class a representation of one short line."""
    cls.__repr__ = summary  # type: ignore[assignment]
    return cls


def summary(thing: Any) -> str:
    """Return the name of an object's class, and its fields with the shapes of arrays."""
    names = getattr(thing, "_fields", None) or [field.name for field in fields(thing)]
    parts = [f"{name}={brief(getattr(thing, name))}" for name in names]
    return f"{type(thing).__name__}({', '.join(parts)})"


def brief(value: Any) -> str:
    """Return the type and shape of an array, the class of an object, or a short value."""
    if isinstance(value, np.ndarray):
        kind = "record" if value.dtype.names else value.dtype
        return f"{kind}[{', '.join(map(str, value.shape))}]"
    if type(value).__module__.startswith("peckham."):
        return type(value).__name__
    return SHORT.repr(value)
