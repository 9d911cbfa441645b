"""The similarity battery."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from peckham.agents.parameters.quantities import Count, NonNegative, Real, Share
from peckham.agents.parameters.registry import register

from .battery import Battery, BatteryPart, from_entries


@register
class Similarity(BatteryPart):
    """Questions activate the beliefs that they resemble.

    Beliefs b and questions q have normal embeddings in d dimensions, each
    component of variance 1/d. With probability ``base_probability`` the weight
    is clip(σ(scale·⟨b, q⟩) + N(0, noise), 0, 1), otherwise 0. Visible and
    held-out questions meet the same embedded beliefs.

    Parameters
    ----------
    questions : int
        Q, at least 1.
    held_out : int
        Questions that selection does not see.
    dimensions : int
        d, at least 1.
    base_probability : float
        Chance of any activation, 0..1.
    scale : float
        Steepness of the logistic.
    noise : float
        Standard deviation of the noise on a weight, at least 0.
    """

    source: ClassVar[str] = "Eicher 2026, arXiv 2604.05274"

    kind: Literal["similarity"] = "similarity"
    dimensions: Count = 16
    base_probability: Share = 0.1
    scale: Real = 5.0
    noise: NonNegative = 0.05

    def structure(self, beliefs: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Draw the beliefs' embeddings, shape (B, d)."""
        return rng.standard_normal((beliefs, self.dimensions)) / np.sqrt(self.dimensions)

    def draw(
        self, structure: Any, beliefs: int, questions: int, rng: np.random.Generator
    ) -> Battery:
        """Draw the questions' embeddings, then which pairs are active, then their noise."""
        embedding = rng.standard_normal((questions, self.dimensions)) / np.sqrt(self.dimensions)
        belief, question = [], []
        chunk = max(1, 2**20 // questions)  # bounds the memory, leaves the draws as they are
        for first in range(0, beliefs, chunk):
            rows = min(chunk, beliefs - first)
            row, column = np.nonzero(rng.random((rows, questions)) < self.base_probability)
            belief.append(first + row)
            question.append(column)
        b, q = np.concatenate(belief), np.concatenate(question)
        likeness = np.einsum("ij,ij->i", structure[b], embedding[q])
        noise = self.noise * rng.standard_normal(b.size)
        weight = np.clip(logistic(self.scale * likeness) + noise, 0.0, 1.0)
        kept = weight > 0
        return from_entries(b[kept], q[kept], beliefs, questions, weight[kept])


def logistic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return σ(x) = 1/(1 + e^−x), without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * x))
