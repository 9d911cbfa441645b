"""Fixation probabilities in closed form."""

from __future__ import annotations

import math

import numpy as np

from .parameters import check_parameters


def moran_fixation(ratio: float, size: int, copies: int = 1) -> float:
    """Return the fixation probability in the Moran process, (1 − r^−i)/(1 − r^−N), or i/N at r = 1.

    Parameters
    ----------
    ratio : float
        Relative fitness r = e^{βd} of the allele, above 0.
    size : int
        N, at least 1.
    copies : int
        i, the number of carriers, 0..N.

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Moran 1958, Math. Proc. Camb. Phil. Soc. 54:60; Ewens 2004, Mathematical Population Genetics.
    """
    if not ratio > 0:
        raise ValueError(f"ratio: must be above 0, got {ratio!r}")
    return share_of_exponentials(float(np.log(ratio)), size, copies)


def fermi_fixation(beta: float, difference: float, size: int, copies: int = 1) -> float:
    """Return the fixation probability under pairwise comparison, (1 − e^−iβd)/(1 − e^−Nβd).

    Parameters
    ----------
    beta : float
        β, at least 0.
    difference : float
        d, the allele's constant advantage in fitness.
    size, copies : int
        N and i.

    References
    ----------
    Traulsen, Nowak & Pacheco 2006, Phys. Rev. E 74:011909.
    """
    check_parameters(size, beta=beta)
    return share_of_exponentials(beta * difference, size, copies)


def kimura_fixation(s: float, size: int, copies: int = 1) -> float:
    """Return Kimura's approximation of the fixation probability, (1 − e^−2si)/(1 − e^−2sN).

    It is close to the exact value of the haploid Wright-Fisher chain.

    Parameters
    ----------
    s : float
        Selection coefficient, the weight ratio minus 1.
    size, copies : int
        N and i.

    References
    ----------
    Kimura 1962, Genetics 47:713.
    """
    return share_of_exponentials(2 * s, size, copies)


def share_of_exponentials(x: float, size: int, copies: int) -> float:
    """Return (1 − e^−ix)/(1 − e^−Nx), or i/N at x = 0, without overflow or cancellation."""
    if size < 1:
        raise ValueError(f"size: must be at least 1, got {size!r}")
    if not 0 <= copies <= size:
        raise ValueError(f"copies: must be in 0..{size}, got {copies!r}")
    if math.isnan(x):
        raise ValueError(f"selection: must be a number, got {x!r}")
    if x == 0 or copies in (0, size):
        return copies / size
    if x < 0:  # both terms multiplied by e^Nx, which avoids overflow
        return float(np.exp(-x * (copies - size)) * np.expm1(x * copies) / np.expm1(x * size))
    return float(np.expm1(-x * copies) / np.expm1(-x * size))
