"""Imports: no circle, no arrow against the layers; no file and no function is too long."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ("agents", "experiments", "analysis")
"""Each may import from itself and from those before it."""

FILE_LINES, FUNCTION_LINES, PARAMETERS = 300, 60, 8
EXCUSES = {"long": "lines", "wide": "parameters"}
"""What a comment ``# long: reason`` at the head of a function, or above it, excuses."""

Sources = Mapping[str, str]
"""Python by the dotted name of its module, a package's own under ``package.__init__``."""


@cache
def written() -> dict[str, str]:
    """Return what is written in the three folders."""
    return {
        ".".join(("peckham", *path.relative_to(ROOT).with_suffix("").parts)): path.read_text(
            "utf-8"
        )
        for layer in LAYERS
        for path in sorted((ROOT / layer).rglob("*.py"))
        if "__pycache__" not in path.parts
    }


# ------------------------------------------------------------ the graph


def named(name: str, sources: Sources) -> str | None:
    """Return the module that a dotted name stands for, if it is one of these."""
    return next((m for m in (name, f"{name}.__init__") if m in sources), None)


@cache
def names(module: str, source: str) -> tuple[tuple[str, ...], ...]:
    """Return what a source imports anywhere in it, for type checking and lazily included.

    Each entry has the names that an import may stand for, the longest first.
    """
    found: list[tuple[str, ...]] = []
    package = module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [(alias.name,) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) + 1 - node.level] if node.level else []
            base = ".".join([*start, *(node.module.split(".") if node.module else [])])
            found += [(f"{base}.{alias.name}", base) for alias in node.names]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            found += [(str(a.value),) for a in node.args if isinstance(a, ast.Constant)]
    return tuple(found)


def imports(module: str, sources: Sources) -> set[str]:
    """Return the modules among these that one imports.

    A package that is named on the way to a module does not count: what its
    ``__init__`` imports is nothing that the importing module uses. Nor do parts
    that a registry finds in a folder, by names that are written nowhere.
    """
    found = {
        next((known for known in (named(choice, sources) for choice in choices) if known), module)
        for choices in names(module, sources[module])
    }
    return found - {module}


def graph(sources: Sources) -> dict[str, set[str]]:
    """Return the imports of every module."""
    return {module: imports(module, sources) for module in sources}


def circles(arrows: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the circles of a graph: each module that can reach itself, by a shortest way."""
    found: dict[frozenset[str], list[str]] = {}
    for start in sorted(arrows):
        way: dict[str, str] = {}  # to each module, from which one before it
        reached = [start]
        for module in reached:
            for further in sorted(arrows.get(module, set())):
                if further not in way:
                    way[further] = module
                    reached.append(further)
        if start in way:
            circle = [start, way[start]]
            while circle[-1] != start:
                circle.append(way[circle[-1]])
            found.setdefault(frozenset(circle), circle[::-1])
    return list(found.values())


def layer(module: str) -> int:
    """Return the number of a module's layer."""
    return LAYERS.index(module.split(".")[1])


def against_the_layers(arrows: Mapping[str, set[str]]) -> list[str]:
    """Return the imports from a lower layer of a higher one."""
    return [
        f"{module} imports {other}"
        for module, others in sorted(arrows.items())
        for other in sorted(others)
        if layer(other) > layer(module)
    ]


def test_no_module_imports_itself_by_a_detour() -> None:
    found = circles(graph(written()))
    assert not found, "\n".join(" -> ".join(circle) for circle in found)


def test_no_import_goes_against_the_layers() -> None:
    assert against_the_layers(graph(written())) == []


def test_the_graph_has_the_arrows_that_there_are() -> None:
    arrows = graph(written())
    assert sum(map(len, arrows.values())) > 2 * len(arrows)
    assert "peckham.agents.model" in arrows["peckham.experiments.simulation"]
    assert "peckham.agents.measures.record" in arrows["peckham.experiments.simulation"]  # a type
    assert "peckham.agents.parameters.registry" in arrows["peckham.agents.parameters.spec"]
    assert any("peckham.experiments" in other for other in arrows["peckham.analysis.cli"])


PLANTED = {
    "at the top": "from peckham.agents.population.genotypes import Genotypes\n",
    "the module": "import peckham.agents.population.genotypes\n",
    "from the package": "from peckham.agents.population import genotypes\n",
    "relative": "from .genotypes import Genotypes\n",
    "relative, the module": "from . import genotypes\n",
    "in a function": "def f():\n    from .genotypes import Genotypes\n",
    "by its name": 'import_module("peckham.agents.population.genotypes")\n',
    "for type checking": (
        "from typing import TYPE_CHECKING\n\n"
        "if TYPE_CHECKING:\n    from .genotypes import Genotypes\n"
    ),
}


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED)
def test_a_planted_circle_is_seen(planted: str) -> None:
    """Among the modules as they are written: what genotypes are made of, and back."""
    sources = written()
    traits, genotypes = "peckham.agents.population.traits", "peckham.agents.population.genotypes"
    assert traits in imports(genotypes, sources)
    before = circles(graph(sources))
    after = circles(graph({**sources, traits: sources[traits] + planted}))
    assert len(after) > len(before)
    assert any({traits, genotypes} <= set(circle) for circle in after)


def test_circles_of_any_length_are_seen() -> None:
    sources = {
        "peckham.agents.__init__": "from .a import x\n",
        "peckham.agents.a": "from peckham.agents import b\n",
        "peckham.agents.b": "from .room.c import x\nfrom .room import d\n",
        "peckham.agents.room.__init__": "",
        "peckham.agents.room.c": "if TYPE_CHECKING:\n    from peckham.agents.a import x\n",
        "peckham.agents.room.d": "import numpy\n",
    }
    (circle,) = circles(graph(sources))
    assert circle == [
        *("peckham.agents.a", "peckham.agents.b"),
        *("peckham.agents.room.c", "peckham.agents.a"),
    ]
    assert circles(graph({**sources, "peckham.agents.room.c": "x = 1\n"})) == []
    by_the_package = {**sources, "peckham.agents.room.c": "from peckham.agents import x\n"}
    assert len(circles(graph(by_the_package))) == 1  # what a package gives, it imports


@pytest.mark.parametrize(
    "planted",
    [
        "from peckham.analysis.log import load\n",
        "from peckham.analysis import log\n",
        "from ..analysis import log\n",
        "def f():\n    import peckham.analysis.log\n",
        'import_module("peckham.analysis.log")\n',
        "if TYPE_CHECKING:\n    from peckham.analysis.log import Log\n",
    ],
)
def test_a_planted_arrow_against_the_layers_is_seen(planted: str) -> None:
    sources = written()
    module = "peckham.experiments.identity"
    found = against_the_layers(graph({**sources, module: sources[module] + planted}))
    assert found == [f"{module} imports peckham.analysis.log"]


# ------------------------------------------------------------ sizes


def functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return a function's length from ``def`` to its end, without its docstring."""
    assert function.end_lineno is not None
    length = function.end_lineno - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None and first.end_lineno is not None:
        length -= first.end_lineno - first.lineno + 1
    return length


def parameters_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the number of a function's parameters, without the object itself."""
    given = function.args
    arguments = (*given.posonlyargs, *given.args, *given.kwonlyargs)
    return len([each for each in arguments if each.arg not in ("self", "cls")])


def excuses(function: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> set[str]:
    """Return what a function is excused for, on the lines of its head or above it."""
    top = min([function.lineno, *(d.lineno for d in function.decorator_list)]) - 1
    above = top
    while above > 0 and lines[above - 1].strip().startswith("#"):
        above -= 1
    head = lines[above : function.body[0].lineno - 1]
    return {
        word for line in head if (m := re.search(r"# (\w+): \S+", line)) for word in m.groups()
    } & EXCUSES.keys()


def too_large(name: str, source: str) -> list[str]:
    """Return what is too long in a file, or takes too many parameters."""
    lines = source.splitlines()
    found = [f"{name} has {len(lines)} lines"] if len(lines) > FILE_LINES else []
    for function in functions(source):
        excused, place = excuses(function, lines), f"{name}:{function.lineno} {function.name}"
        length, parameters = lines_of(function), parameters_of(function)
        if length > FUNCTION_LINES and "long" not in excused:
            found.append(f"{place} has {length} lines")
        if parameters > PARAMETERS and "wide" not in excused:
            found.append(f"{place} has {parameters} parameters")
    return found


@pytest.mark.parametrize("folder", LAYERS)
def test_files_and_functions_are_short_and_narrow(folder: str) -> None:
    found = [
        offence
        for module, source in written().items()
        if module.split(".")[1] == folder
        for offence in too_large(module, source)
    ]
    assert not found, "\n".join(found)


def function_of(lines: int, parameters: int, head: str = "", above: str = "") -> str:
    """Return a function with so many lines, a docstring of three more, and so many parameters."""
    given = ", ".join(f"p{k}" for k in range(parameters))
    body = "    x = 1\n" * (lines - 1)
    return f'{above}def f({given}):{head}\n    """One.\n\n    Two.\n    """\n{body}'


@pytest.mark.parametrize(
    ("source", "offences"),
    [
        (function_of(60, 8), 0),
        (function_of(61, 8), 1),
        (function_of(60, 9), 1),
        (function_of(61, 9), 2),
        (function_of(61, 9, head="  # long: a table of cases"), 1),
        (function_of(61, 9, head="  # wide: arrays, one by one"), 1),
        (function_of(61, 9, above="# wide: arrays\n# long: a table of cases\n"), 0),
        (function_of(61, 8, above="# long: a table of cases\n@kernel\n"), 0),
        (function_of(61, 8, above="# long:\n"), 1),  # no reason given
        (function_of(61, 8, above="# long: of another\nx = 1\n\n"), 1),
        ("class A:\n    def f(self, a, b, c, d, e, f, g, h): ...\n", 0),
        ("class A:\n    def f(self, a, b, c, d, e, f, g, h, *, i): ...\n", 1),
        ("x = 1\n" * 300, 0),
        ("x = 1\n" * 301, 1),
    ],
)
def test_what_is_too_large_is_seen(source: str, offences: int) -> None:
    assert len(too_large("module", source)) == offences
