"""How far each test of a gate has come, and how much of its evidence decides."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from platformctl.domain.gates import Evidence, Gate, Outcome, Standing, Unit
from platformctl.domain.windows import Tally, Window
from platformctl.judge.gates import OF_FINE, OF_LIMITS, enough_near, enough_worse, tests_of
from platformctl.judge.limits import LimitTest
from platformctl.judge.mixtures import log_against
from platformctl.judge.ratios import RatioTest

_MANY = 1_000_000
"""Requests of the window by which the effect of one is told: so many that their events are whole numbers."""


@dataclass(frozen=True)
class Rates:
    """What the next requests are taken to be like.

    Args:
        share: The canary's part of them, above 0.
        canary: The part of the canary's that an event happens to.
        stable: The part of stable's.
    """

    share: float
    canary: float
    stable: float


@dataclass(frozen=True)
class Scale:
    """One test of a gate, and how far it is.

    Args:
        outcome: What it decides: pass or fail.
        evidence: Of all windows.
        weights: Of its alternatives; they sum to 1.
        enough: The logarithm of the evidence that decides.
        requests: How many of the canary the evidence came from.
        test: None: it takes a window as one, however many requests that has.
    """

    outcome: Outcome
    evidence: Evidence
    weights: Sequence[float]
    enough: float
    requests: int
    test: RatioTest | LimitTest | None

    @property
    def part(self) -> float:
        """How far it is: 0 says nothing, 1 decides."""
        return log_against(self.evidence, self.weights) / self.enough

    @property
    def logs(self) -> Sequence[float]:
        """The logarithm of the evidence of each alternative."""
        return self.evidence.logs or (0.0,) * len(self.weights)

    def drifts(self, rates: Rates) -> Sequence[float]:
        """What one more request of the canary is expected to add to each alternative's logarithm.

        A test that takes a window as one is told by its past only: it goes on as it has.
        """
        if self.test is None:
            return [log / self.requests if self.requests else 0.0 for log in self.logs]
        window = _window(rates)
        none = Evidence()
        after = (
            self.test.after(none, window)
            if isinstance(self.test, RatioTest)
            else self.test.after(none, window.canary)
        )
        return [log / _MANY for log in after.logs] or [0.0] * len(self.weights)


def scales(gate: Gate, standing: Standing) -> Iterator[Scale]:
    """The tests that can decide a gate, in the order in which they do."""
    tests, compared, alone = tests_of(gate), standing.compared.canary.requests, standing.seen.requests
    single = tests.worse if isinstance(tests.worse, RatioTest) else None
    enough = enough_worse(gate)
    yield Scale(Outcome.FAIL, standing.worse, tests.worse.weights, enough, compared, single)
    if tests.above is not None:
        limit = tests.above if isinstance(tests.above, LimitTest) else None
        enough = -math.log(gate.alpha * OF_LIMITS)
        yield Scale(Outcome.FAIL, standing.above, tests.above.weights, enough, alone, limit)
    if gate.unit is Unit.WINDOW:
        return
    enough = enough_near(gate)
    yield Scale(Outcome.PASS, standing.near, tests.near.weights, enough, compared, tests.near)
    if tests.below is not None:
        enough = -math.log(gate.beta * OF_FINE)
        yield Scale(Outcome.PASS, standing.below, tests.below.weights, enough, alone, tests.below)


def furthest(gate: Gate, standing: Standing, outcome: Outcome) -> float:
    """How far the gate is from that outcome: 0 says nothing, 1 decides; the test that is nearest counts."""
    return max((scale.part for scale in scales(gate, standing) if scale.outcome is outcome), default=0.0)


def _window(rates: Rates) -> Window:
    """Of `_MANY` requests of the canary, and stable's of the same time."""
    others = round(_MANY * (1 - rates.share) / rates.share)
    return Window(
        canary=Tally(requests=_MANY, events=round(_MANY * rates.canary)),
        stable=Tally(requests=others, events=round(others * rates.stable)),
    )
