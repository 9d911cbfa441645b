"""Solvable limits: results that theory gives exactly, compared with logged runs."""

from __future__ import annotations

from .agreement import LEVEL, check, too_few

__all__ = ["LEVEL", "check", "too_few"]
