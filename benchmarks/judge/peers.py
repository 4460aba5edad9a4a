"""What others decide by, restated on the same counts.

Argo Rollouts: an AnalysisTemplate with `successCondition: result >= 0.99` and `failureLimit: 0`. Flagger:
`request-success-rate` with `min: 99`, `threshold: 5`; successes do not take failed checks back. Kayenta:
Mann-Whitney on the error rates of ten windows each, two-sided at 95 %, ten after ten.
"""

from typing import Protocol

import numpy as np
from scipy.stats import mannwhitneyu

from benchmarks.judge.ours import NEVER
from benchmarks.judge.traffic import Array, Events, Traffic

_SUCCESS = 0.99
_FLAGGERS_THRESHOLD = 5
_SAMPLES = 10
_CONFIDENCE = 0.95


class Peer(Protocol):
    """A rule over many rollouts."""

    failed: Array

    def look(self, number: int, events: Events) -> None:
        """Judge one more window."""


class Argo:
    """The first window below the threshold ends it."""

    def __init__(self, traffic: Traffic, runs: int) -> None:
        self._traffic = traffic
        self.failed = np.full(runs, NEVER)

    def look(self, number: int, events: Events) -> None:
        """Judge one more window."""
        fails = 1 - events.canary / self._traffic.asked < _SUCCESS
        self.failed = np.minimum(self.failed, np.where(fails, number, NEVER))


class Flagger:
    """The fifth window below the threshold ends it."""

    def __init__(self, traffic: Traffic, runs: int) -> None:
        self._traffic = traffic
        self._failures = np.zeros(runs, dtype=np.int64)
        self.failed = np.full(runs, NEVER)

    def look(self, number: int, events: Events) -> None:
        """Judge one more window."""
        self._failures += 1 - events.canary / self._traffic.asked < _SUCCESS
        fails = self._failures >= _FLAGGERS_THRESHOLD
        self.failed = np.minimum(self.failed, np.where(fails, number, NEVER))


class Kayenta:
    """A difference in the last ten windows ends it, if the canary's are the higher ones."""

    def __init__(self, traffic: Traffic, runs: int) -> None:
        self._traffic = traffic
        self._canary: list[Array] = []
        self._stable: list[Array] = []
        self.failed = np.full(runs, NEVER)

    def look(self, number: int, events: Events) -> None:
        """Judge the last ten windows, each ten once."""
        self._canary.append(events.canary / self._traffic.asked)
        self._stable.append(events.stable / self._traffic.of_stable)
        if len(self._canary) < _SAMPLES:
            return
        canary, stable = np.array(self._canary), np.array(self._stable)
        self._canary, self._stable = [], []
        with np.errstate(all="ignore"):
            chance = mannwhitneyu(canary, stable, axis=0, method="asymptotic").pvalue
        fails = (chance < 1 - _CONFIDENCE) & (canary.mean(axis=0) > stable.mean(axis=0))
        self.failed = np.minimum(self.failed, np.where(fails, number, NEVER))
