"""Identity of an experiment: a hash of everything that affects rows."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from peckham.agents.measures.measure import RENAMED

from .design import Design
from .inputs import file_hash

VERSION = 1
"""Increased whenever the same settings produce different rows."""

ADDED = {
    ("record", "every"): 1,
    ("oversight", "detection"): {"kind": "single"},
    ("oversight", "audit_cost"): 1.0,
    ("oversight", "transparency_cost"): 0.0,
    ("oversight", "deterrence_cost"): 0.0,
}
"""Parameters of blocks that were added later, and their defaults.

They are left out while they have their default, because rows are the same.
So older run folders can be resumed.
"""

NEVER = object()

ADDED_TO_INTERVENTIONS = {("responsive_oversight", "on"): "caught"}
"""Parameters of interventions, by kind, that were added later; see `ADDED`."""


def identity(design: Design) -> str:
    """Return a hash of everything that affects rows.

    It covers the resolved parameters and key of every variant, the seed, and
    the contents of tables. It does not cover replicates, workers or paths.
    """
    text = json.dumps([VERSION, content(design)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def content(design: Design) -> dict[str, Any]:
    """Return the data that the identity is computed from."""
    return {
        "seed": design.seed,
        "variants": {
            json.dumps([v.condition, v.control, v.swept]): without_paths(
                without_added(as_first_named(v.spec.model_dump()))
            )
            for v in design.variants
        },
    }


def as_first_named(spec: dict[str, Any]) -> dict[str, Any]:
    """Return parameters with the names that measures had when the first folders were made."""
    first = {new: old for old, new in RENAMED.items()}
    measures = spec["record"]["measures"]
    if isinstance(measures, list):
        measures = [first.get(name, name) for name in measures]
    interventions = []
    for each in spec["interventions"]:
        when = each["when"]
        if when is not None:
            when = when | {"measure": first.get(when["measure"], when["measure"])}
        interventions.append(each | {"when": when})
    record = spec["record"] | {"measures": measures}
    return spec | {"record": record, "interventions": interventions}


def without_added(spec: dict[str, Any]) -> dict[str, Any]:
    """Return parameters without those of `ADDED` that have their default."""
    found = dict(spec)
    for (block, name), default in ADDED.items():
        if found[block][name] == default:
            found[block] = {key: value for key, value in found[block].items() if key != name}
    if found["stop_when"] is None:
        del found["stop_when"]
    found["interventions"] = [
        {
            key: value
            for key, value in each.items()
            if ADDED_TO_INTERVENTIONS.get((each["kind"], key), NEVER) != value
        }
        for each in found["interventions"]
    ]
    return found


def without_paths(spec: dict[str, Any]) -> dict[str, Any]:
    """Return parameters with the path of a table replaced by a hash of its contents."""
    landscape = spec["landscape"]
    if "path" not in landscape:
        return spec
    return {**spec, "landscape": {**landscape, "path": file_hash(landscape["path"])}}


def differences(there: Design, here: Design, most: int = 3) -> list[str]:
    """Describe the first few differences between two designs, one phrase each."""
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
    """Return the leaves of a tree, keyed by dotted path."""
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
