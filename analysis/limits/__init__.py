"""Solvable limits: results that theory gives exactly, compared with logged runs."""

from __future__ import annotations

from .agreement import LEVEL, check

__all__ = ["LEVEL", "check"]
