"""The judge over many rollouts at once.

Its numbers are those of the product's own tests, and the first rollout of each cell is judged by the product
as well, whose evidence has to be the same after each window.
"""

import math
from collections.abc import Callable

import numpy as np

from benchmarks.judge.traffic import Array, Events, Traffic
from platformctl.domain.gates import Gate, Standing, Unit
from platformctl.domain.windows import Tally, Window
from platformctl.judge.bets import Bets
from platformctl.judge.gates import OF_FINE, after, enough_near, enough_worse, tests_of
from platformctl.judge.limits import LimitTest
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
        self._below = _Mixture(tests.below, traffic, runs) if tests.below else None
        self.failed = np.full(runs, NEVER)
        self.passed = np.full(runs, NEVER)

    def look(self, number: int, events: Events) -> None:
        """Judge one more window."""
        worse, near = self._worse.after(events), self._near.after(events)
        self.failed = _first(self.failed, worse >= enough_worse(self._gate), number)
        if self._gate.unit is Unit.REQUEST:
            passes = near >= enough_near(self._gate)
            if self._below is not None:
                passes |= self._below.after(events) >= -math.log(self._gate.beta * OF_FINE)
            self.passed = _first(self.passed, passes, number)
        self._compare(events, worse[0], near[0])

    def _compare(self, events: Events, worse: float, near: float) -> None:
        """Judge the first rollout as the product does."""
        window = Window(
            canary=Tally(requests=self._traffic.asked, events=int(events.canary[0])),
            stable=Tally(requests=self._traffic.of_stable, events=int(events.stable[0])),
        )
        self._standing = known = after(self._gate, self._standing, window)
        tests = tests_of(self._gate)
        its = tests.worse.log_against(known.worse), tests.near.log_against(known.near)
        if not np.allclose(its, (worse, near), rtol=1e-6, atol=1e-6):
            raise AssertionError(f"the evidence of the simulation is {(worse, near)}, the product's {its}")


def _first(decided: Array, now: Array, number: int) -> Array:
    """The window in which each was decided first."""
    return np.minimum(decided, np.where(now, number, NEVER))


class _Mixture:
    """Evidence, alternatives times rollouts."""

    def __init__(self, test: RatioTest | Bets | LimitTest, traffic: Traffic, runs: int) -> None:
        self._weights = np.log(test.weights)[:, None]
        self._factors = _factors(test, traffic)
        self._logs = np.zeros((len(test.weights), runs))

    def after(self, events: Events) -> Array:
        """The logarithm of the evidence, with one more window."""
        self._logs += self._factors(events)
        each = self._weights + self._logs
        highest = each.max(axis=0)
        return np.asarray(highest + np.log(np.exp(each - highest).sum(axis=0)))


def _factors(test: RatioTest | Bets | LimitTest, traffic: Traffic) -> Callable[[Events], Array]:
    part = traffic.asked / (traffic.asked + traffic.of_stable)
    if isinstance(test, Bets):
        fractions = np.array(test.fractions)[:, None]

        def bet(events: Events) -> Array:
            both = events.canary + events.stable
            gain = np.where(both > 0, events.canary / np.maximum(both, 1) / part - 1, 0.0)
            return np.asarray(np.log1p(fractions * gain))

        return bet
    if isinstance(test, LimitTest):
        rates = np.array(test.rates)[:, None]
        hit, miss = np.log(rates / test.limit), np.log((1 - rates) / (1 - test.limit))
        return lambda events: hit * events.canary + miss * (traffic.asked - events.canary)
    null = share(part, test.null)
    others = np.array([share(part, ratio) for ratio in test.alternatives])[:, None]
    canary, stable = np.log(others / null), np.log((1 - others) / (1 - null))
    return lambda events: canary * events.canary + stable * events.stable
