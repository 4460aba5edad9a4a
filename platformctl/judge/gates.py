"""What is known of a gate with one more window, and the verdict."""

import math
from dataclasses import dataclass
from functools import cache

from platformctl.domain.gates import Gate, Outcome, Standing, Unit, Verdict
from platformctl.domain.windows import Tally, Window
from platformctl.judge.bets import Bets, LimitBets
from platformctl.judge.limits import LimitTest, limit_test
from platformctl.judge.ratios import RatioTest, ratio_test

_WORSE = (
    *((1.3, 1.0), (1.6, 2.0), (2.0, 3.0), (2.5, 2.0), (3.5, 1.5)),
    *((6.0, 1.5), (15.0, 1.5), (60.0, 1.5), (1000.0, 1.0)),
)
"""Ratios that a bad canary may have, with weights: most for twice as bad, which is hardest to see in time."""

_NEAR = ((0.125, 1.0), (0.3, 1.0), (0.4, 1.5), (0.5, 4.0), (0.6, 1.0))
"""Ratios that a good canary may have, as parts of the margin."""

_ABOVE = ((1.3, 1.0), (2.0, 2.0), (5.0, 1.0), (20.0, 1.0), (1000.0, 1.0))
_BELOW = ((0.01, 1.0), (0.2, 1.0), (0.5, 2.0), (0.75, 1.0))
_MOST = math.log(1e12)
_A_SIGN = 2
"""Evidence that is worth a word."""

POOL = 10
"""Requests of both revisions, of which a window has as many at least: a canary that has a tenth of them, and
fails each, is to be seen within six."""

OF_LIMITS = 0.1
OF_FINE = 0.25
_TWO_DIGITS = 10
_FRACTIONS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.55)
_EVENLY = (1 / len(_FRACTIONS),) * len(_FRACTIONS)


def after(gate: Gate, standing: Standing, window: Window) -> Standing:
    """What is known with one more window, in which the weights did not change.

    Where few are asked, most windows have requests of one revision only, which tell nothing of a ratio. So
    they are put together until there are `POOL` requests of both. How many there are does not depend on
    whose they are, so under equal rates they are as exchangeable as those of one window.
    """
    tests, seen = tests_of(gate), standing.seen + window.canary
    update: dict[str, object] = {"seen": seen, "pooled": (pooled := standing.pooled + window)}
    if tests.above is not None:
        update["above"] = tests.above.after(standing.above, window.canary)
        update["limited"] = standing.limited + window.canary
    if tests.below is not None:
        update["below"] = tests.below.after(standing.below, window.canary)
    known = standing.model_copy(update=update)
    return known if pooled.requests < POOL else settled(gate, known)


def settled(gate: Gate, standing: Standing) -> Standing:
    """The same with all that was put together compared, however few: other weights begin another window."""
    tests, window = tests_of(gate), standing.pooled
    asked = bool(window.canary.requests and window.stable.requests)
    update = {
        "compared": standing.compared + window if asked else standing.compared,
        "worse": tests.worse.after(standing.worse, window),
        "near": tests.near.after(standing.near, window),
        "pooled": Standing().pooled,
    }
    return standing.model_copy(update=update)


def judge(gate: Gate, standing: Standing) -> Verdict:
    """Say what is known.

    Of alpha a tenth is for a limit, which a gate without one gets when there is no stable any more. Of beta
    a quarter is for the rate that is fine, if there is one.
    """
    failure = _failure(gate, standing)
    if failure is not None:
        return Verdict(gate.name, Outcome.FAIL, failure)
    reason = _reason(gate, standing) if gate.unit is Unit.REQUEST else None
    if reason is not None:
        return Verdict(gate.name, Outcome.PASS, reason + _limited(gate, standing))
    worse = tests_of(gate).worse.log_against(standing.worse)
    odds = f", {_odds(worse)} against chance" if worse > math.log(_A_SIGN) else ""
    text = f"{_compared(gate, standing)}{odds}: too little to say{_limited(gate, standing)}"
    return Verdict(gate.name, Outcome.INCONCLUSIVE, text)


def _failure(gate: Gate, standing: Standing) -> str | None:
    """Why the canary is bad, if there is evidence enough."""
    tests = tests_of(gate)
    worse = tests.worse.log_against(standing.worse)
    if worse >= enough_worse(gate):
        return f"{_compared(gate, standing)}, {_odds(worse)} against chance"
    above = tests.above.log_against(standing.above) if tests.above else 0.0
    if above < math.log(1 / (gate.alpha * OF_LIMITS)):
        return None
    counts, odds = _alone(gate, standing.limited), _odds(above)
    return f"{counts}; the limit is {_percent(gate.limit)}, {odds} that it is above"


def _reason(gate: Gate, standing: Standing) -> str | None:
    """Why the canary is good enough, if there is evidence enough."""
    tests = tests_of(gate)
    near = tests.near.log_against(standing.near)
    if near >= enough_near(gate):
        return f"{_compared(gate, standing)}, {_odds(near)} that it is below {gate.margin:g} times"
    below = tests.below.log_against(standing.below) if tests.below else 0.0
    if below < math.log(1 / (gate.beta * OF_FINE)):
        return None
    return f"{_alone(gate, standing.seen)}; below {_percent(_fine(gate))} is fine, {_odds(below)} that it is"


def enough_worse(gate: Gate) -> float:
    """The logarithm of the evidence by which a canary that is compared fails."""
    return -math.log(gate.alpha * (1 - OF_LIMITS))


def enough_near(gate: Gate) -> float:
    """The logarithm of the evidence by which a canary that is compared passes."""
    return -math.log(gate.beta * (1 - (OF_FINE if _fine(gate) else 0)))


def _fine(gate: Gate) -> float | None:
    """The rate that is fine: never above the limit, and the limit itself where nothing else is said."""
    return min((rate for rate in (gate.fine, gate.limit) if rate is not None), default=None)


def _compared(gate: Gate, standing: Standing) -> str:
    """`canary 14 of 610 failed, stable 21 of 5,490: 6.0 times the rate`."""
    canary, stable = standing.compared.canary, standing.compared.stable
    counts = f"canary {_of(canary)} {gate.happened}, stable {_of(stable)}"
    return f"{counts}: {canary.rate / stable.rate:.1f} times the rate" if stable.events else counts


def _alone(gate: Gate, canary: Tally) -> str:
    """`canary 14 of 610 failed: 2.3 %`."""
    return f"canary {_of(canary)} {gate.happened}: {_percent(canary.rate)}"


def _limited(gate: Gate, standing: Standing) -> str:
    """What has been held to a limit and did not fail by it; "" if nothing has."""
    if not standing.limited.requests:
        return ""
    return f"; {_of(standing.limited)} against its limit of {_percent(gate.limit)}"


def _percent(rate: float | None) -> str:
    percent = 100 * (rate or 0.0)
    return f"{percent:.0f} %" if percent >= _TWO_DIGITS else f"{percent:.2g} %"


def _of(tally: Tally) -> str:
    return f"{tally.events:,} of {tally.requests:,}"


def _odds(log: float) -> str:
    """`evidence 1 in 40,000`: two digits, and no more than a million million."""
    chances = math.exp(min(log, _MOST))
    digits = max(0, math.floor(math.log10(chances)) - 1)
    return f"evidence 1 in {round(chances, -digits):,.0f}"


@dataclass(frozen=True)
class Tests:
    """What a gate computes.

    Args:
        worse: That the canary's rate is higher.
        near: That it is not much higher.
        below: That it is below what is fine; None: nothing is.
        above: That it is above the gate's limit; None: it has none.
    """

    worse: RatioTest | Bets
    near: RatioTest
    below: LimitTest | None
    above: LimitTest | LimitBets | None


@cache
def tests_of(gate: Gate) -> Tests:
    """The tests of a gate."""
    return Tests(
        worse=Bets(_FRACTIONS, _EVENLY) if gate.unit is Unit.WINDOW else ratio_test(1.0, _WORSE),
        near=ratio_test(gate.margin, [(part * gate.margin, weight) for part, weight in _NEAR]),
        below=limit_test(fine, _BELOW) if (fine := _fine(gate)) else None,
        above=_above(gate.limit, gate.unit) if gate.limit is not None else None,
    )


def _above(limit: float, unit: Unit) -> LimitTest | LimitBets:
    return LimitBets(limit, _FRACTIONS, _EVENLY) if unit is Unit.WINDOW else limit_test(limit, _ABOVE)
