"""Simulated requests: how many of a window's fail, for many rollouts at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Rate = Callable[[int], float]
"""Of events a request, by the number of the window."""

BURST = 10
"""Requests that fail together on average, in traffic of bursts."""


class Events(NamedTuple):
    """Of one window, a rollout each."""

    canary: Array
    stable: Array


@dataclass(frozen=True)
class Traffic:
    """What both revisions are asked.

    Args:
        asked: Requests of the canary in a window.
        weight: The canary's part of all requests.
        canary: Its rate of events.
        stable: Likewise.
        bursts: Whether events come in clumps, of a geometric size.
    """

    asked: int
    weight: float
    canary: Rate
    stable: Rate
    bursts: bool = False

    @property
    def of_stable(self) -> int:
        """Requests of stable in a window."""
        return round(self.asked * (1 - self.weight) / self.weight)

    def window(self, number: int, runs: int, dice: np.random.Generator) -> Events:
        """What happens in one window."""
        drawn = clumps if self.bursts else single
        return Events(
            drawn(self.asked, self.canary(number), runs, dice),
            drawn(self.of_stable, self.stable(number), runs, dice),
        )


def always(rate: float) -> Rate:
    """The same in each window."""
    return lambda _: rate


def jumping(rate: float, at: int) -> Rate:
    """Ten times as high from a window on."""
    return lambda number: rate if number < at else min(1.0, 10 * rate)


def single(count: int, rate: float, runs: int, dice: np.random.Generator) -> Array:
    """How many of so many requests fail, each by itself."""
    return dice.binomial(count, rate, runs)


def clumps(count: int, rate: float, runs: int, dice: np.random.Generator) -> Array:
    """As many clumps as give the rate; the window cuts off what does not fit into it."""
    clumps = dice.poisson(count * rate / BURST, runs)
    found = np.zeros(runs, dtype=np.int64)
    for run in np.flatnonzero(clumps):
        found[run] = dice.geometric(1 / BURST, clumps[run]).sum()
    return np.minimum(found, count)
