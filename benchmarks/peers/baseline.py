"""The agents of Baseline for the peers, and their exactly known properties.

A peer draws its beliefs and questions with the plain program and scores its
agents in the same way, with one gather and one sum per agent. So a comparison
measures how agents are stored, selected and copied.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from scipy import stats

from peckham.agents import PopulationModel

sys.path.insert(0, str(Path(__file__).parents[1]))

import plain
from timing import least, least_in_turn, times

__all__ = ["World", "agree", "least", "least_in_turn", "peckham_run", "plain", "times"]

DECEPTIVE = sum(
    share * stats.norm.cdf(-mu_v / 0.5) * stats.norm.cdf(mu_a / 0.3)
    for share, mu_v, mu_a in ((0.3, 0.7, 0.7), (0.4, 0.1, 0.2), (0.3, -0.7, 0.7))
)
"""Expected share of deceptive beliefs among founders, 0.4229."""

SIGNAL = 0.3 * 0.7 + 0.4 * 0.2 + 0.3 * 0.7
"""Expected signal of a belief, and therefore of the founders' proxy score."""

LEVEL = 1e-3
"""Probability that a comparison rejects a correct program."""


class World:
    """The beliefs and the questions of one run."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.value, self.signal = plain.landscape(self.rng)
        self.deceptive = (self.value < 0) & (self.signal > 0)
        self.sums = plain.activated(plain.battery("simple", self.rng), self.signal, self.value)

    def genome(self) -> np.ndarray:
        """Draw a founder's beliefs."""
        return self.rng.choice(plain.BELIEFS, plain.GENES, replace=False)

    def score(self, genome: np.ndarray) -> tuple[float, float]:
        """Return the proxy score and the true value."""
        total, shown, worth = self.sums[genome].sum(0).reshape(3, -1)
        active = total > 0
        return (shown[active] / total[active]).mean(), (worth[active] / total[active]).mean()


def peckham_run(seed: int) -> np.ndarray:
    """Return Peckham's record of the Baseline: proxy, true value, deceptive share."""
    measures = ["proxy", "true_value", "deceptive_share"]
    model = PopulationModel({"record": {"measures": measures}}, seed).run()
    return model.log[measures].to_numpy()


def agree(ours: list[np.ndarray], theirs: list[np.ndarray]) -> None:
    """Compare both programs' records with the closed forms, and with each other.

    The founders are compared with the expected proxy score and deceptive share
    (t-test over runs). The results after 100 generations of selection are
    compared between the programs (Welch's test).

    Parameters
    ----------
    ours, theirs : list of ndarray, shape (generations, 3)
        Records of several runs: proxy, true value, deceptive share.
    """
    a, b = np.array(ours), np.array(theirs)
    for records in (a, b):
        for column, expected in ((0, SIGNAL), (2, DECEPTIVE)):
            p = stats.ttest_1samp(records[:, 0, column], expected).pvalue
            assert p > LEVEL, (column, records[:, 0, column].mean(), expected)
    for column in range(3):
        p = stats.ttest_ind(a[:, -1, column], b[:, -1, column], equal_var=False).pvalue
        assert p > LEVEL, (column, a[:, -1, column].mean(), b[:, -1, column].mean())
    print(
        f"deceptive share of founders: ours {a[:, 0, 2].mean():.4f}, theirs "
        f"{b[:, 0, 2].mean():.4f}, exact {DECEPTIVE:.4f}; proxy at the end: ours "
        f"{a[:, -1, 0].mean():.3f}, theirs {b[:, -1, 0].mean():.3f}"
    )
