"""Histograms as plain numbers: a microsecond an observation, where a client library takes five."""

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np

from platformctl_predictors.inputs.columns import Array

SECONDS = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05),
    *(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
"""Upper bounds of durations, in seconds."""

ROWS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 1024.0, 4096.0, 16384.0, 65536.0)
"""Upper bounds of rows in a call."""

PROBABILITIES = tuple(round(0.05 * step, 2) for step in range(1, 21))
"""Upper bounds of a classifier's scores."""

_LADDER = tuple(digit * 10.0**power for power in range(-3, 7) for digit in (1, 2, 5))
NUMBERS = (*(-bound for bound in reversed(_LADDER)), 0.0, *_LADDER)
"""Upper bounds of a regressor's predictions, of any size and sign."""


class Histogram:
    """Counts by upper bound.

    Args:
        bounds: Ascending, without infinity.
    """

    __slots__ = ("_bounds", "_counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self.total += value

    def observe_all(self, values: Array) -> None:
        """Count an array of floats; NaN and infinities are left out."""
        finite = values[np.isfinite(values)]
        places = np.searchsorted(self._bounds, finite)
        added = np.bincount(places, minlength=len(self._counts)).tolist()
        self._counts = [old + new for old, new in zip(self._counts, added, strict=True)]
        self.total += float(finite.sum())

    def cumulative(self) -> list[tuple[str, float]]:
        """Upper bounds as text, and how many values are not above; the last is all."""
        running = 0
        pairs: list[tuple[str, float]] = []
        names = (*(str(bound) for bound in self._bounds), "+Inf")
        for name, count in zip(names, self._counts, strict=True):
            running += count
            pairs.append((name, running))
        return pairs
