"""Evidence, from single requests, on the ratio of the canary's rate of events to stable's.

Of a window's events each belongs to the canary or to stable. Where the canary has the part `w` of the
requests and the rates are in the ratio `r`, about `share(w, r) = w r / (w r + 1 - w)` of the events are its
own. A window's factor for the alternative `q` against the null `r` is the likelihood ratio of two binomials,

    (share(w, q) / share(w, r)) ** events of canary * ((1 - share(w, q)) / (1 - share(w, r))) ** of stable

**Worse** (null: r <= 1, alternatives q > 1). Let the window's requests be exchangeable between both
revisions, as they are when the rates are equal, whatever the rate does meanwhile. Given the total of events,
those of the canary are hypergeometric. The factor is convex in them, so its expectation is at most that under
the binomial of the same mean (Hoeffding, Probability inequalities for sums of bounded random variables, JASA
1963, theorem 4), which is 1. A canary that is better has fewer, and the factor rises with them.

**Near** (null: r >= margin, alternatives q < margin). Here the hypergeometric is a noncentral one, and the
argument above does not hold: where most requests fail, its mean given the total is below `share`. So the
total is not conditioned on. Write the factor as exp(a * stable's events - b * canary's events), a, b > 0. For
independent requests of rate p, E exp(t X) = (1 - p + p e^t)^n <= exp(n p (e^t - 1)) for any t. With n_c, n_s
requests the expectation of the factor is at most

    exp(n_s p_s (e^a - 1) - n_c p_c (1 - e^-b)) <= exp(p_s (n_s (e^a - 1) - margin n_c (1 - e^-b)))

for p_c >= margin p_s; and the bracket is 0, since share(w, margin) e^-b + (1 - share(w, margin)) e^a = 1 and
share / (1 - share) = margin n_c / n_s. The rates may differ from window to window. What is assumed is that
requests fail independently, and that how many there are does not depend on how many fail. Bursts break the
first: see `bets`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from platformctl.domain.gates import Evidence
from platformctl.domain.windows import Window
from platformctl.judge.mixtures import log_against, times


@dataclass(frozen=True)
class RatioTest:
    """A null on the ratio, and alternatives with their weights.

    Args:
        null: The ratio at the border of the null.
        alternatives: Ratios on its other side.
        weights: One each; they sum to 1.
    """

    null: float
    alternatives: tuple[float, ...]
    weights: tuple[float, ...]

    def after(self, evidence: Evidence, window: Window) -> Evidence:
        """The evidence with one more window."""
        if not window.compares:
            return evidence
        return times(evidence, [self._factor(window, ratio) for ratio in self.alternatives])

    def log_against(self, evidence: Evidence) -> float:
        """The logarithm of the evidence against the null; log(1/alpha) decides."""
        return log_against(evidence, self.weights)

    def _factor(self, window: Window, ratio: float) -> float:
        """The factor's logarithm. In terms that stay exact where a share is next to 1."""
        part = window.share
        others = math.log((part * self.null + 1 - part) / (part * ratio + 1 - part))
        return window.canary.events * math.log(ratio / self.null) + window.events * others


def share(part: float, ratio: float) -> float:
    """The canary's share of the events, if it has `part` of the requests and `ratio` times the rate."""
    return part * ratio / (part * ratio + 1 - part)


def ratio_test(null: float, alternatives: Sequence[tuple[float, float]]) -> RatioTest:
    """A test of pairs of ratio and weight; the weights are brought to the sum 1."""
    total = sum(weight for _, weight in alternatives)
    ratios = tuple(ratio for ratio, _ in alternatives)
    return RatioTest(null, ratios, tuple(weight / total for _, weight in alternatives))
