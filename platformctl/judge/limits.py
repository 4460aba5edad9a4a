"""Evidence on one revision's own rate: that it is above a limit, or that it is below.

For independent requests of rate p the likelihood ratio of rate `q` against rate `limit` has, a request, the
expectation p q / limit + (1 - p) (1 - q) / (1 - limit). That is linear in p and 1 at p = limit: at most 1 for
p <= limit where q > limit, and for p >= limit where q < limit. Both nulls are covered, whatever the rates do
from request to request.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from platformctl.domain.gates import Evidence
from platformctl.domain.windows import Tally
from platformctl.judge.mixtures import log_against, times

_HIGHEST = 0.999
"""An alternative that is a certainty would be refuted by one request."""


@dataclass(frozen=True)
class LimitTest:
    """A limit of a rate, and rates on one side of it with their weights, which sum to 1."""

    limit: float
    rates: tuple[float, ...]
    weights: tuple[float, ...]

    def after(self, evidence: Evidence, tally: Tally) -> Evidence:
        """The evidence with one more window of one revision."""
        if not tally.requests:
            return evidence
        return times(evidence, [self._factor(tally, rate) for rate in self.rates])

    def log_against(self, evidence: Evidence) -> float:
        """The logarithm of the evidence against the null; log(1/alpha) decides."""
        return log_against(evidence, self.weights)

    def _factor(self, tally: Tally, rate: float) -> float:
        others = tally.requests - tally.events
        return tally.events * math.log(rate / self.limit) + others * math.log((1 - rate) / (1 - self.limit))


def limit_test(limit: float, multiples: Sequence[tuple[float, float]]) -> LimitTest:
    """A test of multiples of the limit with their weights, which are brought to the sum 1.

    Args:
        limit: Between 0 and 1.
        multiples: All above 1, or all below; a rate that would be no probability is brought below 1.
    """
    total = sum(weight for _, weight in multiples)
    rates = tuple(min(multiple * limit, (limit + 1) / 2, _HIGHEST) for multiple, _ in multiples)
    return LimitTest(limit, rates, tuple(weight / total for _, weight in multiples))
