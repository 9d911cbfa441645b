"""What is wrong with a setting, in one line."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, get_args

from pydantic_core import ErrorDetails

from .paths import class_of, name_of
from .registry import Block, parts
from .spec import PART_FIELDS

NOUNS = {
    "int": "a whole number",
    "float": "a number",
    "string": "a text",
    "bool": "true or false",
    "list": "a list",
    "dict": "a mapping",
    "model": "a block",
    "finite": "a finite number",
}

BOUNDS = {"ge": "at least {}", "gt": "above {}", "le": "at most {}", "lt": "below {}"}


def explain(error: ErrorDetails, block: type[Block], raw: Any) -> tuple[str, str]:
    """Return the path of a setting and what is wrong with it."""
    keys, owner = walk(error["loc"], block, raw)
    kind, got = error["type"], error["input"]
    path = ".".join(keys)
    if kind == "extra_forbidden":
        known = list(owner.model_fields) if owner is not None else []
        return path, f"unknown key; {suggestion(keys[-1], known)}"
    if kind == "missing":
        return path, "is required; give it a value"
    if kind == "literal_error" and keys[-1] == "kind" and keys[-2] in PART_FIELDS:
        return path, unknown_kind(got, keys[-2])
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        if not isinstance(got, dict):
            return path, f"must be a block with a kind, got {got!r}"
        part_field = next(key for key in reversed(keys) if key in PART_FIELDS)
        return f"{path}.kind", unknown_kind(got.get("kind"), part_field)
    if kind == "value_error":
        return path, str(error["ctx"]["error"])
    return path, f"must be {allowed(error, owner, keys[-1])}, got {got!r}"


def walk(
    loc: tuple[str | int, ...], block: type[Block], raw: Any
) -> tuple[list[str], type[Block] | None]:
    """Convert pydantic's location to a path; return its keys and the block that holds the last."""
    keys: list[str] = []
    owner: type[Block] | None = block
    node, key, tagged = raw, "", False
    for index, place in enumerate(loc):
        if tagged and isinstance(place, str):  # the tag of a union, not a key
            tagged = False
            continue
        if isinstance(place, int):
            node = node[place] if isinstance(node, list) and place < len(node) else None
            name = name_of(node)
            keys.append(in_one_line(name) if name else str(place))
        else:
            keys.append(place)
            key = place
            node = node.get(place) if isinstance(node, dict) else None
        if index < len(loc) - 1 and not isinstance(node, list):
            owner = class_of(key, node, owner)
        if key in PART_FIELDS and len(parts(PART_FIELDS[key])) > 1:
            tagged = isinstance(place, int) if key == "interventions" else place == key
    return keys, owner


def in_one_line(name: object) -> str:
    """Return a name as text, escaped if it would break the line."""
    return str(name) if str(name).isprintable() else repr(name)


def unknown_kind(kind: object, field: str) -> str:
    """Return the message for an unknown kind in a field of `PART_FIELDS`."""
    known = list(parts(PART_FIELDS[field]))
    if kind is None:
        return f"is required ({', '.join(known)})"
    return f"unknown kind {kind!r}; {suggestion(str(kind), known)}"


def suggestion(word: str, known: list[str]) -> str:
    """Return the known name closest to a word, followed by all known names."""
    near = get_close_matches(word, known, 1, cutoff=0.5)
    listed = f"known: {', '.join(known)}"
    return f"did you mean {near[0]!r}? ({listed})" if near else listed


def constraints(owner: type[Block] | None, key: str) -> list[Any]:
    """Return the constraints on a field's value, including those inside an optional type."""
    field = owner.model_fields.get(key) if owner is not None else None
    if field is None:
        return []
    inner = [item for choice in get_args(field.annotation) for item in get_args(choice)[1:]]
    nested = (getattr(item, "metadata", [item]) for item in (*field.metadata, *inner))
    return [constraint for items in nested for constraint in items]


def allowed(error: ErrorDetails, owner: type[Block] | None, key: str) -> str:
    """Return what a setting may be, from the error and the bounds of its field."""
    kind, ctx = error["type"], error.get("ctx", {})
    if kind == "literal_error":
        return str(ctx["expected"]).replace("'", "")
    if kind == "string_pattern_mismatch":
        return "a name of letters, digits, _, + and -"
    if kind == "string_too_long":
        return f"at most {ctx['max_length']} characters long"
    if kind == "too_short":
        return "a list that is not empty"
    noun = next((noun for word, noun in NOUNS.items() if kind.startswith(word)), "")
    bounds = " and ".join(
        words.format(f"{getattr(constraint, bound):g}")
        for constraint in constraints(owner, key)
        for bound, words in BOUNDS.items()
        if getattr(constraint, bound, None) is not None
    )
    if noun or bounds:
        return f"{noun} {bounds}".strip()
    for bound, words in BOUNDS.items():
        if bound in ctx:
            return words.format(ctx[bound])
    return f"valid ({error['msg']})"
