"""The parameters of a run: blocks of an experiment file, their parts, ranges and checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .spec import ModelSpec

__all__ = ["ModelSpec"]


def __getattr__(name: str) -> Any:
    """Import on first use: the spec imports the parts, which import this folder."""
    if name == "ModelSpec":
        from .spec import ModelSpec

        return ModelSpec
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
