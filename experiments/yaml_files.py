"""Reading and writing of the YAML of experiment files.

Plain values follow the core schema of YAML 1.2
(https://yaml.org/spec/1.2.2/#103-core-schema), so ``010`` is ten, and ``1:30``,
``yes`` and ``2026-01-01`` are strings. Keys are the text that was written.
Merge keys (``<<``) work as in YAML 1.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as SafeLoader  # ten times as fast
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]

from .errors import ExperimentError

TAG = "tag:yaml.org,2002:"
STRING, MERGE = f"{TAG}str", f"{TAG}merge"

CORE_SCHEMA = {
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    "int": (r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    "float": (
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
    "merge": (r"<<", ["<"]),
}
"""The pattern of each type of plain value, and the characters that it can start with."""


class Loader(SafeLoader):
    """Reads YAML 1.2's core schema, and raises if a key is repeated."""

    def get_single_node(self) -> yaml.Node | None:
        """Return the document, with text as keys."""
        node = super().get_single_node()
        if node is not None:
            use_text_keys(node, set(), set())
        return node


class Dumper(yaml.SafeDumper):
    """Writes mappings in block style and lists of scalars on one line."""


def use_text_keys(node: yaml.Node, above: set[int], seen: set[int]) -> None:
    """Read every key of a document as the text that was written.

    Parameters
    ----------
    node : yaml.Node
        The document, or a part of it.
    above, seen : set of int
        The nodes that this one is in, and all nodes looked at so far.

    Raises
    ------
    ExperimentError
        If a key is repeated or is not a scalar, or a value contains itself.
    """
    line = node.start_mark.line + 1
    if id(node) in above:
        raise ExperimentError(f"the value at line {line} contains itself; write it out")
    if id(node) in seen or isinstance(node, yaml.ScalarNode):
        return
    seen.add(id(node))
    parts = node.value
    if isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise ExperimentError(f"a key must be text, got a collection at line {line}")
            if key.tag == MERGE:
                continue
            key.tag = STRING
            if key.value in keys:
                raise ExperimentError(f"{key.value}: given twice in the mapping at line {line}")
            keys.add(key.value)
        parts = [value for _, value in node.value]
    inside = above | {id(node)}
    for part in parts:
        use_text_keys(part, inside, seen)


def construct(name: str, convert: Callable[[str], Any]) -> Callable[[Loader, Any], Any]:
    """Return a constructor of plain values, which also checks values with an explicit tag."""

    def constructor(loader: Loader, node: yaml.ScalarNode) -> Any:
        text = loader.construct_scalar(node)
        if not re.fullmatch(CORE_SCHEMA[name][0], text):
            problem = f"{text!r} is not of the type {name}"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return convert(text)

    return constructor


CONVERT: dict[str, Callable[[str], Any]] = {
    "null": lambda text: None,
    "bool": lambda text: text.lower() == "true",
    "int": lambda text: int(text, 0 if text[1:2] in ("o", "x") else 10),
    "float": lambda text: float(text.lower().replace(".inf", "inf").replace(".nan", "nan")),
}
for kind in (Loader, Dumper):
    kind.yaml_implicit_resolvers = {}
    for name, (pattern, first) in CORE_SCHEMA.items():
        kind.add_implicit_resolver(TAG + name, re.compile(f"^(?:{pattern})$"), first)
Loader.yaml_constructors = {
    TAG + name: SafeLoader.yaml_constructors[TAG + name] for name in ("seq", "map", "str")
} | {None: SafeLoader.yaml_constructors[None]}
for name, convert in CONVERT.items():
    Loader.add_constructor(TAG + name, construct(name, convert))
Dumper.add_representer(
    list,
    lambda dumper, data: dumper.represent_sequence(
        f"{TAG}seq", data, flow_style=not any(isinstance(item, dict | list) for item in data)
    ),
)


def loads(text: str, source: str) -> Any:
    """Return the data of a YAML text.

    Parameters
    ----------
    text : str
        The YAML text.
    source : str
        Name of the source in error messages.

    Raises
    ------
    ExperimentError
        If the text is not valid YAML.
    """
    try:
        return yaml.load(text, Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or "malformed"
        raise ExperimentError(f"{source}{place}: not valid YAML ({problem})") from None
    except RecursionError:
        raise ExperimentError(f"{source}: not valid YAML (nested too deeply)") from None


def dumps(data: Any, *, ascii_only: bool = False) -> str:
    """Return data as YAML in the given key order, with lists of scalars on one line."""
    return yaml.dump(data, Dumper=Dumper, sort_keys=False, allow_unicode=not ascii_only, width=100)
