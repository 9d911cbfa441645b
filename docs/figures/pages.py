"""The pages with results: their experiments, their commands, and what they state."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from claims import Claim


@dataclass(frozen=True)
class Page:
    """A page that states results.

    Attributes
    ----------
    file : str
        The page, relative to the root of the project.
    claims : callable
        From the text of the page and the folder in which its commands ran to its claims.
    given : tuple of str
        Passages whose numbers are settings, definitions or cited figures.
    """

    file: str
    claims: Callable[[str, Path], Iterator[Claim]]
    given: tuple[str, ...] = ()


def blocks(page: str, language: str) -> list[str]:
    """Return the code blocks of a page in one language."""
    return re.findall(rf"```{language}\n(.*?)```", page, re.S)


def run_commands(page: str, folder: Path) -> None:
    """Write the experiments of a page into a folder, and carry out its ``peckham run`` commands.

    Folders that are complete are left as they are.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for block in blocks(page, "yaml"):
        if named := re.match(r"# (\S+\.yaml)", block):
            (folder / named[1]).write_text(block, "utf-8")
    peckham = str(Path(sys.executable).with_name("peckham"))
    for line in "\n".join(blocks(page, "sh")).splitlines():
        words = shlex.split(line, comments=True)
        if words[:2] == ["peckham", "run"]:
            subprocess.run([peckham, *words[1:]], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def run_programs(page: str, folder: Path) -> list[str]:
    """Run the Python blocks of a page in a folder, and return what each prints."""
    return [
        subprocess.run(
            [sys.executable, "-c", block], cwd=folder, check=True, stdout=subprocess.PIPE, text=True
        ).stdout
        for block in blocks(page, "python")
    ]
