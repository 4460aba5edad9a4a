"""The windows of one look, a gate each; or why there are none."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from platformctl.domain.automatic import Reading
from platformctl.domain.counts import Counts
from platformctl.domain.gates import Kind
from platformctl.domain.windows import Tally, Window
from platformctl.samples.increments import fault, increment, is_stale
from platformctl.samples.thresholds import slow, tells


@dataclass(frozen=True)
class Unusable:
    """Why a look tells nothing. It never counts as a failure."""

    why: str


def cut(before: Reading, after: Reading, bound: float | None) -> Mapping[Kind, Window] | Unusable:
    """The windows between two readings, in which the weights did not change.

    Args:
        before: The last that was good.
        after: The newest.
        bound: An answer that took longer, in ms, is slow; None: latencies are not judged. Nor are they where
            one of both does not tell them apart at that bound.
    """
    for whose, one, other in (
        ("canary", before.canary, after.canary),
        ("stable", before.stable, after.stable),
    ):
        if is_stale(one, other):
            return Unusable(f"the figures of {whose} are older than those that were told before")
    canary, stable = increment(before.canary, after.canary), increment(before.stable, after.stable)
    wrong = impossible(canary, stable)
    if wrong is not None:
        return wrong
    windows = {
        Kind.ERRORS: _window((canary.requests, canary.errors), (stable.requests, stable.errors)),
        Kind.CLIENT_ERRORS: _window((canary.requests, canary.rejected), (stable.requests, stable.rejected)),
    }
    if bound is not None and tells(canary, bound) and tells(stable, bound):
        windows[Kind.LATENCY] = _window(_latency(canary, bound), _latency(stable, bound))
    return windows


def impossible(canary: Counts, stable: Counts) -> Unusable | None:
    """Why figures cannot be true, whether they are increments or all that was counted; None: they may be."""
    for whose, counts in (("canary", canary), ("stable", stable)):
        wrong = fault(counts)
        if wrong is not None:
            return Unusable(f"the figures of {whose} cannot be true: {wrong}")
    return None


def _window(canary: tuple[int, int], stable: tuple[int, int]) -> Window:
    one, other = (Tally(requests=requests, events=events) for requests, events in (canary, stable))
    return Window(canary=one, stable=other)


def _latency(counts: Counts, bound: float) -> tuple[int, int]:
    return counts.latency.get(math.inf, 0), slow(counts, bound)
