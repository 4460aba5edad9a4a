"""From which latency on an answer is slow: at one of the bounds that the counters have."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

from platformctl.domain.counts import Counts

USUAL = 0.95
"""The part of stable's answers by which it is told what is slow, where nobody says it."""

TIMES = 2
"""An answer is not slow that takes so many times as long as those: a new server has cold caches, and a pause
meets its process as often as one of stable's, which answers many more requests."""

LEAST = 50.0
"""Nor is it below that, in ms: pauses of processes are as long on a machine that is busy."""


def usual(counts: Counts, part: float = USUAL) -> float | None:
    """The bound, in ms, beyond which an answer is slow; None: there are no answers.

    Where no bound is that high, it is the highest one: those that take longer are compared.
    """
    total = counts.latency.get(math.inf, 0)
    finite = _finite(counts.latency)
    if not total or not finite:
        return None
    took = next((bound for bound in finite if counts.latency[bound] >= part * total), finite[-1])
    return next((bound for bound in finite if bound >= max(TIMES * took, LEAST)), finite[-1])


def at_bound(counts: Counts, threshold: float) -> float | None:
    """The bound that a threshold in ms means: the nearest at or above it; None: there is no finite one."""
    return next((bound for bound in _finite(counts.latency) if bound >= threshold), None)


def highest(counts: Counts) -> float | None:
    """The highest finite bound, in ms; None: nothing was answered yet."""
    return max(_finite(counts.latency), default=None)


def tells(counts: Counts, bound: float) -> bool:
    """Whether it can be told which answers took longer; also where there are none."""
    return not counts.latency.get(math.inf, 0) or bound in counts.latency


def slow(counts: Counts, bound: float) -> int:
    """How many answers took longer than a bound."""
    return counts.latency.get(math.inf, 0) - counts.latency.get(bound, 0)


def only(counts: Counts, bound: float) -> Counts:
    """The same with no more bounds than are needed: what is recorded is to be small."""
    kept = {one: count for one, count in counts.latency.items() if one in (bound, math.inf)}
    parts = counts.parts
    return replace(
        counts,
        latency=kept,
        parts=None if parts is None else {name: only(part, bound) for name, part in parts.items()},
    )


def _finite(bounds: Iterable[float] | Mapping[float, int]) -> list[float]:
    return sorted(bound for bound in bounds if not math.isinf(bound))
