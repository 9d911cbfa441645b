"""Oversight: how closely the evaluator looks, by its channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from peckham.agents.parameters.spec import OversightBlock


class Channels(NamedTuple):
    """What oversight acts through, each 0..1.

    Attributes
    ----------
    level : float
        o, before anything is set apart.
    deterrence : float
        The o in the deception probability D.
    transparency : float
        The o in H, what an honest agent shows.
    audit : float
        The o in the chances of being caught, and of being flagged by mistake.
    deployment : float
        Oversight in deployment, o_dep.
    """

    level: float
    deterrence: float
    transparency: float
    audit: float
    deployment: float


def channels_of(oversight: OversightBlock) -> Channels:
    """Return the channels before scaling: all equal the level unless set apart."""
    apart = (
        oversight.deterrence,
        oversight.transparency,
        oversight.audit,
        oversight.deployment,
    )
    return Channels(oversight.level, *(oversight.level if o is None else o for o in apart))


def channels_in_force(oversight: OversightBlock, capability: float, agents: int) -> Channels:
    """Return the channels as they act on a population.

    Parameters
    ----------
    oversight : OversightBlock
        The evaluator's.
    capability : float
        Mean capability of the population, 0..100; NaN if scaling does not look at it.
    agents : int
        N.
    """
    return oversight.scaling.scaled(channels_of(oversight), capability, agents)
