"""YAML as experiment files use it."""

from __future__ import annotations

import re
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as SafeLoader  # a tenth of the time
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]

from .errors import ExperimentError


class Loader(SafeLoader):
    """Reads YAML with numbers such as 1e-3, and refuses a key that stands twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return a mapping, unless a key stands twice in it."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                line = node.start_mark.line + 1
                raise ExperimentError(f"{key}: stands twice in the mapping at line {line}")
        return super().construct_mapping(node, deep)


FLOAT = re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$")
BOOL = re.compile(r"^(true|True|TRUE|false|False|FALSE)$")


def as_in_yaml_1_2(kind: type[Loader | Dumper]) -> None:
    """Have 1e-3 be a number, and ``on``, ``off``, ``yes`` and ``no`` be words."""
    kind.yaml_implicit_resolvers = {
        first: [(tag, rule) for tag, rule in rules if not tag.endswith(":bool")]
        for first, rules in kind.yaml_implicit_resolvers.items()
    }
    kind.add_implicit_resolver("tag:yaml.org,2002:bool", BOOL, list("tTfF"))
    kind.add_implicit_resolver("tag:yaml.org,2002:float", FLOAT, list("-+.0123456789"))


def loads(text: str, source: str) -> Any:
    """Return what a YAML text says.

    Parameters
    ----------
    text : str
        The YAML.
    source : str
        What to call it in an error.

    Raises
    ------
    ExperimentError
        If it is no YAML.
    """
    try:
        return yaml.load(text, Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or "malformed"
        raise ExperimentError(f"{source}{place}: not valid YAML ({problem})") from None


def dumps(data: Any) -> str:
    """Return data as YAML, in its own order, short lists and items on one line."""
    return yaml.dump(data, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)


class Dumper(yaml.SafeDumper):
    """Writes blocks in block style, lists of scalars on one line."""


def _represent_list(dumper: yaml.SafeDumper, data: list[Any]) -> yaml.Node:
    flat = all(not isinstance(item, dict | list) for item in data)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=flat)


Dumper.add_representer(list, _represent_list)
as_in_yaml_1_2(Loader)
as_in_yaml_1_2(Dumper)
