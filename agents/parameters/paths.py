"""Dotted paths into a tree of parameters, with list items addressed by name.

``landscape.clusters.Deceptive.share`` and ``interventions.adaptive_test.interval``
are paths. A value replaces what stands at its path, blocks and lists whole.
"""

from __future__ import annotations

import copy
from typing import Any, get_args

from .registry import Block, Part, kind_of, parts
from .spec import PART_FIELDS, ModelSpec

Tree = dict[str, Any]


class PathError(ValueError):
    """A path leads nowhere."""


def value_at(tree: Tree, path: str) -> Any:
    """Return what stands at a path, or None where there is nothing."""
    node: Any = tree
    for key in path.split("."):
        if isinstance(node, list):
            node = next((item for item in node if name_of(item) == key), None)
        elif isinstance(node, dict):
            node = node.get(key)
        else:
            return None
    return node


def replaced(tree: Tree, path: str, value: Any) -> Tree:
    """Return a copy of the tree with another value at a path.

    Choosing another ``kind`` keeps the parameters that the new kind has too,
    unless they stood at the old kind's default; the others go. Giving one of
    several alternatives (``interval``, ``at``, ``when``) clears the others.

    Parameters
    ----------
    tree : dict
        The parameters of a `ModelSpec`, defaults left out or not.
    path : str
        Where to put the value.
    value : object
        The value, as YAML has it.

    Raises
    ------
    PathError
        If the path names a list item that is not there, or goes through
        something that is neither a block nor a list.
    """
    tree = copy.deepcopy(tree)
    node: Any = tree
    block: type[Block] | None = ModelSpec
    keys = path.split(".")
    for place, key in enumerate(keys[:-1]):
        so_far = ".".join(keys[: place + 1])
        if isinstance(node, list):
            node = item_named(node, key, ".".join(keys[:place]))
            block = class_of(keys[place - 1], node, block)
            continue
        if node.get(key) is None:
            node[key] = default_at(block, key)
        if not isinstance(node[key], list):
            block = class_of(key, node[key], block)
        node = node[key]
        if not isinstance(node, dict | list):
            raise PathError(f"{so_far} is not a block, so {path} leads nowhere")
    if isinstance(node, list):
        item = item_named(node, keys[-1], ".".join(keys[:-1]))
        node[node.index(item)] = copy.deepcopy(value)
        return tree
    if keys[-1] == "kind" and block is not None and issubclass(block, Part):
        forget_the_kind(node, block, value)
    if block is not None and keys[-1] in block.alternatives and value is not None:
        for other in block.alternatives:
            node[other] = None
        if keys[-1] != "interval":
            node.pop("start", None)
    node[keys[-1]] = copy.deepcopy(value)
    return tree


def name_of(item: Any) -> Any:
    """Return the name of a list's item, which defaults to its kind."""
    if not isinstance(item, dict):
        return None
    return item.get("name") or item.get("kind")


def item_named(items: list[Any], name: str, path: str) -> Any:
    """Return the item of this name.

    Raises
    ------
    PathError
        If there is none.
    """
    for item in items:
        if name_of(item) == name:
            return item
    known = ", ".join(str(name_of(item)) for item in items) or "none"
    raise PathError(f"{path} has no item named {name!r} (there: {known})")


def class_of(key: str, node: Any, parent: type[Block] | None) -> type[Block] | None:
    """Return the class of the block that stands at a key, None if there is no such class."""
    if key in PART_FIELDS:
        family = PART_FIELDS[key]
        kind = kind_of(family)(node)
        return parts(family).get(kind) if isinstance(kind, str) else None
    if parent is None or key not in parent.model_fields:
        return None
    annotation = parent.model_fields[key].annotation
    for choice in (annotation, *get_args(annotation)):
        if isinstance(choice, type) and issubclass(choice, Block):
            return choice
    return None


def default_at(block: type[Block] | None, key: str) -> Any:
    """Return the default that stands at a key which a file left out, as plain data."""
    if block is None or key not in block.model_fields:
        return {}
    field = block.model_fields[key]
    if key in PART_FIELDS and key != "interventions":
        return {}  # a part's parameters have defaults of their own
    if field.is_required():
        return {}
    default = plain(field.get_default(call_default_factory=True))
    return {} if default is None else default


def plain(value: Any) -> Any:
    """Return blocks as dicts, lists of blocks as lists of dicts."""
    if isinstance(value, Block):
        return value.model_dump()
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def forget_the_kind(node: Tree, block: type[Part], kind: Any) -> None:
    """Remove from a block what belongs to its old kind only."""
    new = parts(block.family).get(kind) if isinstance(kind, str) else None
    if new is None or new is block:
        return
    for key in [key for key in node if key not in ("kind", "name")]:
        field = block.model_fields.get(key)
        default = None
        if field is not None and not field.is_required():
            default = plain(field.get_default(call_default_factory=True))
        if key not in new.model_fields or (field is not None and node[key] == default):
            del node[key]
    if node.get("name") == block.model_fields["kind"].default:
        del node["name"]
