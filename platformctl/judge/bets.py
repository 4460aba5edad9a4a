"""Evidence from whole windows, for events that come in bursts.

Of a window's events the part `s` is the canary's, of its requests the part `w`. A bettor puts the fraction
`f` of what they have on the canary: it becomes 1 + f (s / w - 1) times as much, which is never below
1 - f > 0. Under equal rates the expectation of `s` is `w`, however the events clump, as long as each clump
falls on the canary with probability `w`; so that of the factor is 1. A mixture over `f` needs no guess how
much worse the canary may be (Waudby-Smith and Ramdas, Estimating means of bounded random variables by
betting, JRSS B 2024).

A limit is bet on likewise: of the canary's own requests in a window the part `p` had an event; what the
bettor has becomes 1 + f (p / limit - 1) times as much, whose expectation is at most 1 where that of `p` is at
most the limit.

The price: a window counts once, whether it has one event or a thousand.
"""

import math
from dataclasses import dataclass

from platformctl.domain.gates import Evidence
from platformctl.domain.windows import Tally, Window
from platformctl.judge.mixtures import log_against, times


@dataclass(frozen=True)
class Bets:
    """Fractions between 0 and 1, with their weights, which sum to 1."""

    fractions: tuple[float, ...]
    weights: tuple[float, ...]

    def after(self, evidence: Evidence, window: Window) -> Evidence:
        """The evidence with one more window."""
        if not window.compares:
            return evidence
        gain = window.canary.events / window.events / window.share - 1
        return times(evidence, [math.log1p(fraction * gain) for fraction in self.fractions])

    def log_against(self, evidence: Evidence) -> float:
        """The logarithm of the evidence that the canary is worse; log(1/alpha) decides."""
        return log_against(evidence, self.weights)


@dataclass(frozen=True)
class LimitBets:
    """A limit of a rate; fractions between 0 and 1, with their weights, which sum to 1."""

    limit: float
    fractions: tuple[float, ...]
    weights: tuple[float, ...]

    def after(self, evidence: Evidence, tally: Tally) -> Evidence:
        """The evidence with one more window of one revision."""
        if not tally.requests:
            return evidence
        gain = tally.rate / self.limit - 1
        return times(evidence, [math.log1p(fraction * gain) for fraction in self.fractions])

    def log_against(self, evidence: Evidence) -> float:
        """The logarithm of the evidence that the rate is above; log(1/alpha) decides."""
        return log_against(evidence, self.weights)
