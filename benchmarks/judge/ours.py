"""The judge over many rollouts at once.

Its numbers are those of the product's own tests, and the first rollout of each cell is judged by the product
as well, which has to say the same.
"""

from collections.abc import Callable

import numpy as np

from benchmarks.judge.traffic import Array, Events, Traffic
from platformctl.domain.gates import Gate, Outcome, Standing, Unit
from platformctl.domain.windows import Tally, Window
from platformctl.judge.bets import Bets
from platformctl.judge.gates import after, enough_near, enough_worse, judge, tests_of
from platformctl.judge.ratios import RatioTest, share

NEVER = np.iinfo(np.int64).max
"""The window in which nothing was decided."""


class Ours:
    """A gate over many rollouts."""

    def __init__(self, gate: Gate, traffic: Traffic, runs: int) -> None:
        tests = tests_of(gate)
        self._gate, self._traffic = gate, traffic
        self._standing = Standing()
        self._worse = _Mixture(tests.worse, traffic, runs)
        self._near = _Mixture(tests.near, traffic, runs)
        self.failed = np.full(runs, NEVER)
        self.passed = np.full(runs, NEVER)

    def look(self, number: int, events: Events) -> None:
        """Judge one more window."""
        fails = self._worse.after(events) >= enough_worse(self._gate)
        self.failed = np.minimum(self.failed, np.where(fails, number, NEVER))
        if self._gate.unit is Unit.REQUEST:
            passes = self._near.after(events) >= enough_near(self._gate)
            self.passed = np.minimum(self.passed, np.where(passes, number, NEVER))
        self._compare(number, events)

    def _compare(self, number: int, events: Events) -> None:
        """Judge the first rollout as the product does."""
        window = Window(
            canary=Tally(requests=self._traffic.asked, events=int(events.canary[0])),
            stable=Tally(requests=self._traffic.of_stable, events=int(events.stable[0])),
        )
        self._standing = after(self._gate, self._standing, window)
        if self.failed[0] == number and judge(self._gate, self._standing).outcome is not Outcome.FAIL:
            raise AssertionError(f"the simulation fails what the product does not: {self._standing}")


class _Mixture:
    """Evidence, alternatives times rollouts."""

    def __init__(self, test: RatioTest | Bets, traffic: Traffic, runs: int) -> None:
        self._weights = np.log(test.weights)[:, None]
        self._factors = _factors(test, traffic)
        self._logs = np.zeros((len(test.weights), runs))

    def after(self, events: Events) -> Array:
        """The logarithm of the evidence, with one more window."""
        self._logs += self._factors(events)
        each = self._weights + self._logs
        highest = each.max(axis=0)
        return np.asarray(highest + np.log(np.exp(each - highest).sum(axis=0)))


def _factors(test: RatioTest | Bets, traffic: Traffic) -> Callable[[Events], Array]:
    part = traffic.asked / (traffic.asked + traffic.of_stable)
    if isinstance(test, Bets):
        fractions = np.array(test.fractions)[:, None]

        def bet(events: Events) -> Array:
            both = events.canary + events.stable
            gain = np.where(both > 0, events.canary / np.maximum(both, 1) / part - 1, 0.0)
            return np.asarray(np.log1p(fractions * gain))

        return bet
    null = share(part, test.null)
    others = np.array([share(part, ratio) for ratio in test.alternatives])[:, None]
    canary, stable = np.log(others / null), np.log((1 - others) / (1 - null))
    return lambda events: canary * events.canary + stable * events.stable
