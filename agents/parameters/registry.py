"""Parts: the interchangeable mechanisms, and the registry that knows them.

A part is one file in its family's folder and one name, its ``kind``. The class
holds the parameters (validated, frozen) and the operator they belong to. Being
decorated with `register` is all it takes to appear in experiment files,
``peckham show``, ``peckham list`` and the contract tests.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, TypeVar, Union

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag


class Block(BaseModel):
    """A block of an experiment file: strict types, no unknown keys, immutable."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)

    alternatives: ClassVar[tuple[str, ...]] = ()
    """Fields of which one at most may be given; giving one clears the others."""


class Part(Block):
    """A mechanism that can be chosen by name.

    Attributes
    ----------
    kind : str
        The name that stands in experiment files. Each subclass narrows it to
        a literal.
    family : str
        The family it belongs to, a key of `FAMILIES`.
    source : str
        Where the mechanism comes from, as a short citation.
    """

    family: ClassVar[str] = ""
    source: ClassVar[str] = ""

    kind: str

    @classmethod
    def summary(cls) -> str:
        """Return the first line of the docstring."""
        return (cls.__doc__ or "").strip().splitlines()[0]


P = TypeVar("P", bound=Part)

FAMILIES: dict[str, tuple[str, str | None]] = {
    "landscape": ("landscapes", "clustered"),
    "battery": ("batteries", "simple"),
    "selection": ("selection", "softmax"),
    "proposal": ("reproduction.proposals", "uniform"),
    "scaling": ("oversight.scalings", "constant"),
    "detection": ("oversight.detection", "single"),
    "intervention": ("interventions", None),
}
"""Family: (folder under ``agents/``, the kind taken where a file names none)."""

_REGISTRY: dict[str, dict[str, type[Part]]] = {family: {} for family in FAMILIES}


def register(part: type[P]) -> type[P]:
    """Enter a part in the registry of its family, under its kind.

    Raises
    ------
    ValueError
        If the kind is taken.
    """
    kind = part.model_fields["kind"].default
    if kind in _REGISTRY[part.family]:
        raise ValueError(f"{part.family}: kind {kind!r} is registered twice")
    _REGISTRY[part.family][kind] = part
    return part


def parts(family: str) -> dict[str, type[Any]]:
    """Return the parts of a family by kind, in alphabetical order.

    Every module of the family's folder is imported first, so a new file is
    found without being listed anywhere.
    """
    folder, _ = FAMILIES[family]
    package = importlib.import_module(f"peckham.agents.{folder}")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return dict(sorted(_REGISTRY[family].items()))


def default_part(family: str) -> Any:
    """Return the part that a family falls back to, with its default parameters."""
    kind = FAMILIES[family][1]
    assert kind is not None, f"{family} has no default"
    return parts(family)[kind]()


def kind_of(family: str) -> Callable[[Any], str | None]:
    """Return a function that reads the kind of a block, or the family's default kind."""

    def kind(block: Any) -> str | None:
        default = FAMILIES[family][1]
        if isinstance(block, dict):
            return block.get("kind", default)
        return getattr(block, "kind", default)

    return kind


def one_of(family: str) -> Any:
    """Return the type annotation of a field that holds any part of a family."""
    choices = [Annotated[part, Tag(kind)] for kind, part in parts(family).items()]
    if len(choices) == 1:  # a union of one is no union; its own literal tells the kind
        return Annotated[choices[0], Field()]
    return Annotated[Union[tuple(choices)], Discriminator(kind_of(family))]  # noqa: UP007
