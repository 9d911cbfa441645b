"""Response to selection in closed form."""

from __future__ import annotations

from scipy import special


def softmax_response(
    beta: float, sd_proxy: float, sd_value: float, correlation: float
) -> tuple[float, float]:
    """Return the change of mean proxy and mean true value by one selection, (βσ_a², βρσ_aσ_v).

    It holds for softmax selection in a large population whose scores are
    bivariate normal: weights e^{βa} shift the mean of a normal variable by β
    times its covariance with a.

    References
    ----------
    Lande 1979, Evolution 33:402.
    """
    return beta * sd_proxy**2, beta * correlation * sd_proxy * sd_value


def stationary_schemers(size: int, beta: float, advantage: float) -> float:
    """Return the long-run share of schemers if flips are rare, 1/(1 + e^−(N−1)βA).

    It holds for the Moran and Fermi rules. The population is almost always in
    one of its two pure states. The rates of moving between them are in the
    ratio of the fixation probabilities of a single mutant, which is
    e^{(N−1)βA} under both rules.

    References
    ----------
    Fudenberg & Imhof 2006, Journal of Economic Theory 131:251.
    """
    return float(special.expit((size - 1) * float(beta) * float(advantage)))
