"""Identity: what changes the rows of a run folder, as one hash."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from .design import Design
from .inputs import file_hash

VERSION = 1
"""Raised whenever the same settings come to mean other rows."""


def identity(design: Design) -> str:
    """Return the hash of all that changes rows.

    It covers every variant's resolved parameters, the names it goes by, the
    seed, and the content of tables; not replicates, workers or places.
    """
    text = json.dumps([VERSION, content(design)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def content(design: Design) -> dict[str, Any]:
    """Return what the identity is made of, as data that can be compared."""
    return {
        "seed": design.seed,
        "variants": {
            json.dumps([v.condition, v.control, v.swept]): without_places(v.spec.model_dump())
            for v in design.variants
        },
    }


def without_places(spec: dict[str, Any]) -> dict[str, Any]:
    """Return parameters with a table's path replaced by a hash of its content."""
    landscape = spec["landscape"]
    if "path" not in landscape:
        return spec
    return {**spec, "landscape": {**landscape, "path": file_hash(landscape["path"])}}


def differences(there: Design, here: Design, most: int = 3) -> list[str]:
    """Say in what two designs differ, a phrase each, the first few only."""
    old, new = content(there), content(here)
    found = []
    if old["seed"] != new["seed"]:
        found.append(f"seed {old['seed']} there, {new['seed']} here")
    for key in old["variants"].keys() & new["variants"].keys():
        before, after = flat(old["variants"][key]), flat(new["variants"][key])
        for path in sorted(before.keys() | after.keys()):
            if before.get(path) != after.get(path):
                phrase = f"{path} {before.get(path)} there, {after.get(path)} here"
                if phrase not in found:
                    found.append(phrase)
    if old["variants"].keys() != new["variants"].keys():
        found.append(
            f"conditions, sweep or controls ({len(old['variants'])} kinds of run there, "
            f"{len(new['variants'])} here)"
        )
    return found[:most] + (["..."] if len(found) > most else [])


def flat(tree: Any, path: str = "") -> dict[str, Any]:
    """Return the leaves of a tree by their dotted paths."""
    if isinstance(tree, dict):
        items: list[tuple[Any, Any]] = list(tree.items())
    elif isinstance(tree, list) and any(isinstance(item, dict) for item in tree):
        items = [(item.get("name", place), item) for place, item in enumerate(tree)]
    else:
        return {path: tree}
    leaves: dict[str, Any] = {}
    for key, value in items:
        leaves |= flat(value, f"{path}.{key}" if path else str(key))
    return leaves
