"""The similarity battery."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from peckham.agents.parameters.quantities import Count, NonNegative, Real, Share
from peckham.agents.parameters.registry import register

from .battery import Battery, BatteryPart


@register
class Similarity(BatteryPart):
    """Questions activate the beliefs that they resemble.

    Beliefs b and questions q have normal embeddings in d dimensions; each
    component has variance 1/d. With probability ``base_probability`` the weight
    is clip(σ(scale·⟨b, q⟩) + N(0, noise), 0, 1), otherwise 0. Visible and
    held-out questions share the embeddings of the beliefs.

    Parameters
    ----------
    dimensions : int
        d, at least 1.
    base_probability : float
        Probability that a weight may be above 0, 0..1.
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
        """Draw the embeddings of the beliefs, shape (B, d)."""
        return rng.standard_normal((beliefs, self.dimensions)) / np.sqrt(self.dimensions)

    def draw(
        self, structure: Any, beliefs: int, questions: int, rng: np.random.Generator
    ) -> Battery:
        """Draw the embeddings of the questions, then the active pairs, then their noise."""
        embedding = rng.standard_normal((questions, self.dimensions)) / np.sqrt(self.dimensions)
        belief, question = [], []
        chunk = max(1, 2**20 // questions)  # limits memory; the draws do not depend on it
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
        start = np.zeros(beliefs + 1, np.int64)
        np.cumsum(np.bincount(b[kept], minlength=beliefs), out=start[1:])
        on_value = np.zeros(questions, np.bool_)
        return Battery(start, q[kept].astype(np.uint32), weight[kept], on_value)


def logistic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return σ(x) = 1/(1 + e^−x), without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * x))
