"""Cumulative figures of one revision, as a router or a server counts them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Counts:
    """Figures since the source began to count; they fall back to 0 when it restarts.

    Args:
        requests: Answers of any kind, errors included.
        errors: 5xx, resets and timeouts.
        rejected: 4xx: the client's errors, counted on their own.
        latency: Cumulative counts by upper bound in milliseconds, as in a Prometheus histogram;
            the bound `inf` holds them all.
    """

    requests: int = 0
    errors: int = 0
    rejected: int = 0
    latency: Mapping[float, int] = field(default_factory=dict)

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
