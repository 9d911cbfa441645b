"""True performance: the value of an agent in deployment.

T = U − s(1 − ρ)p², with p = pressure·c/100, from "Mesa-Optimization and
Goodhart's Law in AI Systems", where T = ρP − δp² with δ = s(1 − ρ).
"""

from __future__ import annotations

from peckham.agents.compilation import Floats, kernel


@kernel(allocates=True)
def exerted_pressure(pressure: Floats, capability: Floats) -> Floats:
    """Return p = pressure·c/100, the optimisation pressure that an agent exerts.

    Parameters
    ----------
    pressure : float or ndarray
        At least 0.
    capability : float or ndarray
        c, 0..100.
    """
    return pressure * capability / 100.0


@kernel(allocates=True)
def true_performance(
    true_value: Floats, alignment: Floats, pressure: Floats, shift: Floats
) -> Floats:
    """Return T = U − s(1 − ρ)p², the true performance in deployment.

    Parameters
    ----------
    true_value : float or ndarray
        U; ρ·P in the closed form.
    alignment : float or ndarray
        ρ, -1..1.
    pressure : float or ndarray
        p, at least 0.
    shift : float or ndarray
        s, at least 0.
    """
    return true_value - shift * (1.0 - alignment) * pressure * pressure


@kernel(allocates=True)
def goodhart_gap(proxy: Floats, deployed: Floats) -> Floats:
    """Return P − T, the Goodhart gap; with P = p and U = ρP it is (1 − ρ)(P + sp²)."""
    return proxy - deployed
