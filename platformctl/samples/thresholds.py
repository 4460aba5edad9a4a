"""From which latency on an answer is slow: at one of the bounds that the counters have."""

import math

from platformctl.domain.counts import Counts

USUAL = 0.95
"""The part of stable's answers that are not slow, where nobody says what is."""


def usual(counts: Counts, part: float = USUAL) -> float | None:
    """The lowest bound, in ms, below which that part of the answers came; None: no finite one."""
    total = counts.latency.get(math.inf, 0)
    if not total:
        return None
    reached = (bound for bound, count in sorted(counts.latency.items()) if count >= part * total)
    found = next(reached, math.inf)
    return None if math.isinf(found) else found


def at_bound(counts: Counts, threshold: float) -> float | None:
    """The bound that a threshold in ms means: the nearest at or above it; None: there is no finite one."""
    found = min((bound for bound in counts.latency if bound >= threshold), default=math.inf)
    return None if math.isinf(found) else found


def slow(counts: Counts, bound: float) -> int:
    """How many answers took longer than a bound."""
    return counts.latency.get(math.inf, 0) - counts.latency.get(bound, 0)
