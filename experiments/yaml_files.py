"""Reading and writing of the YAML of experiment files."""

from __future__ import annotations

import re
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as SafeLoader  # ten times as fast
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]

from .errors import ExperimentError


class Loader(SafeLoader):
    """Reads numbers such as 1e-3, and raises if a key is repeated."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return a mapping if no key is repeated."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                line = node.start_mark.line + 1
                raise ExperimentError(f"{key}: given twice in the mapping at line {line}")
        return super().construct_mapping(node, deep)


FLOAT = re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$")
BOOL = re.compile(r"^(true|True|TRUE|false|False|FALSE)$")


def use_yaml_1_2(kind: type[Loader | Dumper]) -> None:
    """Treat 1e-3 as a number, and ``on``, ``off``, ``yes`` and ``no`` as strings."""
    kind.yaml_implicit_resolvers = {
        first: [(tag, rule) for tag, rule in rules if not tag.endswith(":bool")]
        for first, rules in kind.yaml_implicit_resolvers.items()
    }
    kind.add_implicit_resolver("tag:yaml.org,2002:bool", BOOL, list("tTfF"))
    kind.add_implicit_resolver("tag:yaml.org,2002:float", FLOAT, list("-+.0123456789"))


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


def dumps(data: Any) -> str:
    """Return data as YAML in the given key order, with lists of scalars on one line."""
    return yaml.dump(data, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)


class Dumper(yaml.SafeDumper):
    """Writes mappings in block style and lists of scalars on one line."""


def _represent_list(dumper: yaml.SafeDumper, data: list[Any]) -> yaml.Node:
    flat = all(not isinstance(item, dict | list) for item in data)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=flat)


Dumper.add_representer(list, _represent_list)
use_yaml_1_2(Loader)
use_yaml_1_2(Dumper)
