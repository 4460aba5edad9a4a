"""Requests in a fake world: as time passes, each revision with weight answers its share of them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from platformctl.domain.counts import Counts
from platformctl.domain.names import RevisionId
from tests.fakes import FakeTarget
from tests.usecases.scene import CHURN, Scene, version


@dataclass
class Crowd:
    """Callers of `churn`.

    Args:
        scene: Where.
        rate: Requests a second.
        errors: The part of its answers that is an error, by version; 0.5 % by default.
        slow: The part of its answers that takes more than 100 ms, by version; 3 % by default.
    """

    scene: Scene
    rate: float = 100.0
    errors: Mapping[str, float] = field(default_factory=dict)
    slow: Mapping[str, float] = field(default_factory=dict)
    dice: np.random.Generator = field(default_factory=lambda: np.random.default_rng(7))
    seen: dict[str, int] = field(default_factory=dict)

    def ask(self, seconds: float) -> None:
        """Let so much time's requests come."""
        weights = FakeTarget(self.scene.world).observe(CHURN).route.weights
        shares = [weight / 100 for weight in weights.values()]
        asked = self.dice.multinomial(round(self.rate * seconds), shares)
        for revision, requests in zip(weights, asked, strict=True):
            self._answer(revision, int(requests))

    def _answer(self, revision: RevisionId, requests: int) -> None:
        which, before = version(revision), self.scene.world.counts.get(revision, Counts())
        errors = self._of(requests, self.errors.get(which, 0.005))
        quick = requests - self._of(requests, self.slow.get(which, 0.03))
        self.seen[which] = self.seen.get(which, 0) + requests
        self.scene.world.counts[revision] = Counts(
            requests=before.requests + requests,
            errors=before.errors + errors,
            rejected=before.rejected,
            latency={
                100.0: before.latency.get(100.0, 0) + quick,
                math.inf: before.latency.get(math.inf, 0) + requests,
            },
        )

    def _of(self, requests: int, part: float) -> int:
        return int(self.dice.binomial(requests, part))
