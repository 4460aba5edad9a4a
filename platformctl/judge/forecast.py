"""What it would take to decide: how many more requests of the canary, if they are like those that were.

Each request adds to the logarithm of an alternative's evidence; what it is expected to add follows from the
rates, and is computed by the judge's own tests. After `n` requests the evidence of a test is then about

    log(sum over alternatives i of weight_i * exp(log_i + n * drift_i))

which is convex in n: from below the threshold it crosses it upwards once, or never. Chance is left out of
it: about half of the rollouts that go on in this way are decided sooner, and half later. The forecast is as
good as the rates, so from few events it is a rough one.
"""

from dataclasses import dataclass

from platformctl.domain.gates import Evidence, Gate, Outcome, Standing
from platformctl.judge.mixtures import log_against
from platformctl.judge.scales import Rates, Scale, scales

MOST = 10_000_000
"""Requests of the canary; what takes more is not decided at these rates."""


@dataclass(frozen=True)
class Forecast:
    """What will be decided, if the rates go on.

    Args:
        outcome: Pass or fail; inconclusive: nothing will.
        requests: After how many more of the canary; None: it will not. 0: it is decided.
        rates: What was assumed.
    """

    outcome: Outcome
    requests: int | None
    rates: Rates


def forecast(gate: Gate, standing: Standing, rates: Rates) -> Forecast:
    """Say what will be decided, and when.

    Args:
        gate: Which count.
        standing: What is known of it.
        rates: Of the requests from now on. What takes a window as one goes on as it has, whatever they are.
    """
    needs = ((_needed(scale, rates), scale.outcome) for scale in scales(gate, standing))
    needed = [(requests, outcome) for requests, outcome in needs if requests is not None]
    if not needed:
        return Forecast(Outcome.INCONCLUSIVE, None, rates)
    requests, outcome = min(needed, key=lambda each: each[0])
    return Forecast(outcome, requests, rates)


def seen(standing: Standing, share: float) -> Rates:
    """The rates of all windows so far. Where a revision has had no request, it is taken to be as the other.

    Where neither has had one, nothing is taken to happen. A canary that has all requests is told by those
    that are held to its limit: only they count then.

    Args:
        standing: What is known.
        share: The canary's part of the requests from now on, above 0, at most 1.
    """
    compared, alone, limited = standing.compared, standing.seen, standing.limited
    if share == 1 and limited.requests:
        return Rates(share, limited.rate, limited.rate)
    canary = compared.canary if compared.canary.requests else alone
    rate = canary.rate if canary.requests else compared.stable.rate
    return Rates(share, rate, compared.stable.rate if compared.stable.requests else rate)


def alike(standing: Standing, share: float) -> Rates:
    """The rates if both revisions are the same, and all that differs is chance."""
    both = standing.compared
    rate = both.events / both.requests if both.requests else standing.seen.rate
    return Rates(share, rate, rate)


def _needed(scale: Scale, rates: Rates) -> int | None:
    """How many more requests that test needs; None: it does not get there."""
    drifts = scale.drifts(rates)

    def decides(requests: int) -> bool:
        logs = tuple(log + requests * drift for log, drift in zip(scale.logs, drifts, strict=True))
        return log_against(Evidence(logs=logs), scale.weights) >= scale.enough

    if decides(0):
        return 0
    if not decides(MOST):
        return None
    low, high = 0, MOST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if decides(middle) else (middle, high)
    return high
