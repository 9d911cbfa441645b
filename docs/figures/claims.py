"""Numbers that a page states, compared with numbers that were computed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

NUMBER = r"([+−-]?\d*\.?\d+)"
CODE = re.compile(r"```.*?```|`[^`]*`|\]\([^)]*\)", re.S)
# Numbers that look like results: decimals and percentages.
RESULT = re.compile(r"(?<![\w.§])[+−-]?(?:\d*\.\d+|\d+(?= %))(?![\w.]\d)")


@dataclass(frozen=True)
class Claim:
    """A passage of a page with ``{}`` in the place of each number.

    Attributes
    ----------
    text : str
        The passage. Any white space matches any white space of the page.
    values : tuple of float
        The computed numbers, in the order of the passage.
    """

    text: str
    values: tuple[float, ...]

    @classmethod
    def of(cls, text: str, *values: float) -> Claim:
        """Return a claim, with its values converted to float."""
        return cls(text, tuple(float(value) for value in values))

    def find(self, page: str) -> list[re.Match[str]]:
        """Return the places of a page that state the claim, whatever their numbers."""
        words = [re.escape(word).replace(r"\{\}", NUMBER) for word in self.text.split()]
        return list(re.finditer(r"\s+".join(words), page))

    def check(self, page: str) -> Outcome:
        """Compare the numbers of the page with the computed ones.

        A number agrees if it is the computed one rounded to the digits that the
        page shows, give or take a tenth of the last digit.
        """
        found = self.find(page)
        if len(found) != 1:
            return Outcome(self.reprint(()), f"the page states this {len(found)} times, not once")
        stated = found[0].groups()
        wrong = [
            f"{text} stated, {value:.6g} computed"
            for text, value in zip(stated, self.values, strict=True)
            if not abs(value - number(text)) <= 0.6 * 10.0 ** -decimals(text)
        ]
        return Outcome(self.reprint(stated), "; ".join(wrong))

    def reprint(self, stated: tuple[str, ...]) -> str:
        """Return the passage with the computed numbers, to the digits of the page."""
        places = [decimals(text) for text in stated] or [4] * len(self.values)
        pairs = zip(self.values, places, strict=True)
        return self.text.format(
            *(f"{value:.{digits}f}".replace("-", "−") for value, digits in pairs)
        )


@dataclass(frozen=True)
class Outcome:
    """A passage as computed, and what is wrong with the page, empty if it agrees."""

    text: str
    wrong: str


def number(text: str) -> float:
    """Return the value of a number as a page writes it."""
    return float(text.replace("−", "-"))


def decimals(text: str) -> int:
    """Return how many digits follow the point."""
    return len(text.partition(".")[2])


def unclaimed(page: str, claims: Iterable[Claim], given: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a page with a decimal or a percentage that nothing computes.

    Parameters
    ----------
    page : str
        The text of the page. Code and addresses are left out.
    claims : iterable of Claim
        The passages that are computed.
    given : iterable of str
        Passages with settings, definitions and cited figures, which are given.
    """
    for claim in claims:
        for found in claim.find(page):
            page = page.replace(found[0], blank(found[0]))
    for passage in given:
        pattern = r"\s+".join(map(re.escape, passage.split()))
        page = re.sub(pattern, lambda found: blank(found[0]), page)
    page = CODE.sub(lambda found: blank(found[0]), page)
    for line in page.splitlines():
        if RESULT.search(line):
            yield line.strip()


def blank(text: str) -> str:
    """Return a text with everything but its line breaks replaced by blanks."""
    return re.sub(r"[^\n]", " ", text)
