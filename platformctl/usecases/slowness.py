"""From which latency on an answer is slow, in a rollout that decides by itself. Pure."""

from platformctl.domain.automatic import Automatic, Reading
from platformctl.domain.counts import Counts
from platformctl.domain.durations import span
from platformctl.samples import thresholds

ENOUGH = 100
"""Answers of stable from which it is told which are slow."""

_WAY_OUT = "deploy again with another threshold, or with latency: false"


def bound(auto: Automatic, reading: Reading) -> float | None:
    """The bound in ms above which an answer is slow: as the policy says, or as stable has been.

    None: nobody asks, it is not known yet, or there is none: see `trouble`.
    """
    gate = auto.policy.gates.latency
    if gate is None:
        return None
    if auto.evidence.bound is not None:
        return auto.evidence.bound
    if gate.threshold is None:
        return thresholds.usual(reading.stable) if reading.stable.requests >= ENOUGH else None
    return thresholds.at_bound(_answered(reading), _milliseconds(gate.threshold))


def trouble(auto: Automatic, reading: Reading, known: float | None) -> str | None:
    """Why latencies cannot be judged by these figures, with the way out; None: they can, or nobody asks.

    Args:
        auto: Where the rollout is.
        reading: The newest figures.
        known: The bound; None: it is not known yet.
    """
    gate = auto.policy.gates.latency
    if gate is None:
        return None
    for whose, counts in (("canary", reading.canary), ("stable", reading.stable)):
        if _says_none(counts):
            return f"latency: of {counts.requests:,} answers of {whose} none has a latency; {_WAY_OUT}"
        if known is not None and not thresholds.tells(counts, known):
            return f"latency: {whose} does not tell which answers took more than {known:g} ms; {_WAY_OUT}"
    most = thresholds.highest(_answered(reading))
    if gate.threshold is None or known is not None or most is None:
        return None
    return (
        f"latency: threshold {gate.threshold} is more than the longest that is told apart, {most:g} ms; "
        f"{_WAY_OUT}"
    )


def _answered(reading: Reading) -> Counts:
    """The one that tells the bounds."""
    return reading.stable if reading.stable.latency else reading.canary


def _says_none(counts: Counts) -> bool:
    """Errors that a router makes up have no latency."""
    return not counts.latency and counts.requests - counts.errors >= ENOUGH


def _milliseconds(text: str) -> float:
    return span(text).total_seconds() * 1000
