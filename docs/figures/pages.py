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


def outputs(page: str) -> list[tuple[str, str]]:
    """Return each text block of a page, with the command that is shown right before it."""
    found = re.findall(r"```sh\n([^`]*?)```\n\n```text\n(.*?)```", page, re.S)
    return [(commands.strip().splitlines()[-1], text) for commands, text in found]


def output_of(command: str, folder: Path) -> str:
    """Return what a command of a page prints in the folder of its runs."""
    words = shlex.split(command, comments=True)
    peckham = str(Path(sys.executable).with_name("peckham"))
    done = subprocess.run(
        [peckham, *words[1:]], cwd=folder, check=True, stdout=subprocess.PIPE, encoding="utf-8"
    )
    return done.stdout


def same_text(shown: str, printed: str) -> str:
    """Return where a text differs from what was printed, nothing if it does not.

    Numbers may differ by one in the last digit, and spaces do not count.
    """
    here, there = shown.split(), printed.split()
    if len(here) != len(there):
        return f"{len(here)} words shown, {len(there)} printed"
    for word, other in zip(here, there, strict=True):
        if word == other:
            continue
        try:
            digits = len(word.strip(",;.()").partition(".")[2])
            gap = abs(float(word.strip(",;.()")) - float(other.strip(",;.()")))
        except ValueError:
            gap, digits = 1.0, 9
        if gap > 1.1 * 10.0**-digits:
            return f"{word} shown, {other} printed"
    return ""


def run_programs(page: str, folder: Path) -> list[str]:
    """Run the Python blocks of a page in a folder, and return what each prints."""
    return [
        subprocess.run(
            [sys.executable, "-c", block], cwd=folder, check=True, stdout=subprocess.PIPE, text=True
        ).stdout
        for block in blocks(page, "python")
    ]
