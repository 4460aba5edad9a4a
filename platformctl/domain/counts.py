"""Cumulative figures of one revision, as a router or a server counts them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Counts:
    """Figures since the source began to count; they fall back to 0 when it restarts.

    Args:
        requests: Answers of any kind, errors included.
        errors: 5xx, resets and timeouts.
        rejected: 4xx: the client's errors, counted on their own.
        latency: Cumulative counts by upper bound in milliseconds, as in a Prometheus histogram;
            the bound `inf` holds them all.
        parts: Of each process that counts by itself, by its name: each falls back to 0 when that one
            restarts. {}: none says anything now. None: there is one alone, or they are not told apart.
        began: When the one process that counts began, in seconds; None: it is not known.
        at: When these figures were taken, in seconds by the source's own clock; of several parts, when the
            source was asked. None: now.
        lost: Errors of the router that are no revision's, of all deployments together.
    """

    requests: int = 0
    errors: int = 0
    rejected: int = 0
    latency: Mapping[float, int] = field(default_factory=dict)
    parts: Mapping[str, "Counts"] | None = None
    began: float | None = None
    at: float | None = None
    lost: int = 0

    def quantile(self, q: float) -> float | None:
        """Estimate the `q` quantile (0 to 1) of the latency in ms; None without observations.

        Interpolates linearly within a bucket, as Prometheus's `histogram_quantile` does; within the
        last, unbounded one the answer is its lower bound.
        """
        bounds = sorted(self.latency.items())
        total = bounds[-1][1] if bounds else 0
        if not total:
            return None
        rank, lower, below = q * total, 0.0, 0
        for upper, count in bounds:
            if count >= rank and count > below:
                if upper == float("inf"):
                    return lower
                return lower + (upper - lower) * (rank - below) / (count - below)
            lower, below = upper, count
        return lower


def total(parts: Iterable[Counts]) -> Counts:
    """Add up the figures of several processes."""
    parts = list(parts)
    latency: Counter[float] = Counter()
    for part in parts:
        latency.update(part.latency)
    return Counts(
        requests=sum(part.requests for part in parts),
        errors=sum(part.errors for part in parts),
        rejected=sum(part.rejected for part in parts),
        latency=dict(sorted(latency.items())),
    )


def of_parts(parts: Mapping[str, Counts], at: float | None = None) -> Counts:
    """The figures of several processes, told apart."""
    return replace(total(parts.values()), parts=parts, at=at)
