"""Readings of a past that never was: two revisions that were asked at known rates."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from platformctl.domain.counts import Counts
from platformctl.domain.names import RevisionId
from platformctl.domain.readings import Moment

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
CANARY, STABLE = RevisionId("churn-v2-cbef85"), RevisionId("churn-v1-f03c1f")


@dataclass
class History:
    """Figures, a reading every five seconds.

    Args:
        errors: The canary's rate; stable's is 1 %.
        slow: The canary's part of slow answers; stable's is 3 %.
        asked: Requests between two readings.
        share: The canary's part of them.
    """

    errors: float = 0.01
    slow: float = 0.03
    asked: int = 500
    share: float = 0.1
    dice: np.random.Generator = field(default_factory=lambda: np.random.default_rng(11))

    def moments(self, count: int) -> Sequence[Moment]:
        """So many readings; the first one after a while."""
        canary, stable = Counts(latency={100.0: 0, math.inf: 0}), self._more(Counts(), 1000, 0.01, 0.03)
        found = []
        for number in range(count):
            found.append(Moment(BEGAN + timedelta(seconds=5 * number), {CANARY: canary, STABLE: stable}))
            canary = self._more(canary, round(self.asked * self.share), self.errors, self.slow)
            stable = self._more(stable, round(self.asked * (1 - self.share)), 0.01, 0.03)
        return found

    def _more(self, before: Counts, requests: int, errors: float, slow: float) -> Counts:
        quick = requests - int(self.dice.binomial(requests, slow))
        return Counts(
            requests=before.requests + requests,
            errors=before.errors + int(self.dice.binomial(requests, errors)),
            latency={
                100.0: before.latency.get(100.0, 0) + quick,
                math.inf: before.latency.get(math.inf, 0) + requests,
            },
        )
