"""Reprint every number that the pages state from the runs that they show.

`make docs-figures` runs this program. It carries out the ``peckham run``
commands of the pages, prints each passage with its computed numbers, and says
which numbers of the pages differ. The exit code is 1 if one differs, or if a
page states a decimal or a percentage that nothing computes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import comparing
import eicher2026
import fixation
import oversight
import readme
from claims import unclaimed
from pages import Page, output_of, outputs, run_commands, same_text

PAGES = {
    page.file: page
    for page in (readme.PAGE, comparing.PAGE, fixation.PAGE, oversight.PAGE, eicher2026.PAGE)
}


def reprint(page: Page, root: Path, folder: Path) -> bool:
    """Print what a page states, as computed; return whether the page agrees."""
    text = (root / page.file).read_text("utf-8")
    run_commands(text, folder)
    claims = list(page.claims(text, folder))
    agrees = True
    print(f"# {page.file}")
    for claim in claims:
        outcome = claim.check(text)
        print(outcome.text)
        if outcome.wrong:
            agrees = False
            print(f"    DIFFERS: {outcome.wrong}")
    for command, shown in outputs(text):
        printed = output_of(command, folder)
        print(f"$ {command}\n{printed}")
        if wrong := same_text(shown, printed):
            agrees = False
            print(f"    DIFFERS: {wrong}")
    for line in unclaimed(text, claims, page.given):
        agrees = False
        print(f"    NOT COMPUTED: {line}")
    print()
    return agrees


def main() -> int:
    """Read the arguments, and reprint the pages."""
    parser = argparse.ArgumentParser(prog="docs/figures", description=__doc__)
    parser.add_argument("pages", nargs="*", choices=[*PAGES, []], help="pages, by default all")
    root = Path(__file__).resolve().parents[2]
    parser.add_argument("--root", type=Path, default=root, help="folder with the pages")
    parser.add_argument("--runs", type=Path, default=root / "runs" / "docs", help="where to run")
    given = parser.parse_args()
    chosen = given.pages or list(PAGES)
    agree = [reprint(PAGES[file], given.root, given.runs.resolve()) for file in chosen]
    print("Every number agrees." if all(agree) else "Some numbers differ.")
    return 0 if all(agree) else 1


if __name__ == "__main__":
    sys.exit(main())
