"""What the judge says it will need, held against rollouts that go on at those rates."""

from dataclasses import dataclass

import numpy as np
import pytest

from platformctl.domain.gates import Gate, Kind, Outcome, Standing, Unit
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.windows import Tally, Window
from platformctl.judge.defaults import gates_of
from platformctl.judge.forecast import MOST, alike, forecast, seen
from platformctl.judge.gates import after, judge
from platformctl.judge.scales import furthest

pytestmark = pytest.mark.quick

ERRORS = gates_of(RolloutPolicy())[Kind.ERRORS]
_RUNS = 60


@dataclass(frozen=True)
class Case:
    """Traffic that goes on as it was.

    Args:
        asked: Requests of the canary in a window.
    """

    gate: Gate
    canary: float
    stable: float
    share: float
    asked: int
    outcome: Outcome

    @property
    def others(self) -> int:
        return round(self.asked * (1 - self.share) / self.share)

    def exact(self, asked: int = 100) -> Standing:
        """What is known after so many requests, if as much happened as was to be expected."""
        others = round(asked * (1 - self.share) / self.share)
        canary = Tally(requests=asked, events=round(asked * self.canary))
        stable = Tally(requests=others, events=round(others * self.stable))
        return after(self.gate, Standing(), Window(canary=canary, stable=stable))

    def window(self, standing: Standing, dice: np.random.Generator) -> Standing:
        """What is known with one more window."""
        canary = Tally(requests=self.asked, events=int(dice.binomial(self.asked, self.canary)))
        stable = Tally(requests=self.others, events=int(dice.binomial(self.others, self.stable)))
        return after(self.gate, standing, Window(canary=canary, stable=stable))

    def played(self, standing: Standing, dice: np.random.Generator, most: int) -> tuple[int, Outcome]:
        """After how many more requests of the canary it is decided, and how."""
        for number in range(1, most // self.asked + 2):
            standing = self.window(standing, dice)
            outcome = judge(self.gate, standing).outcome
            if outcome is not Outcome.INCONCLUSIVE:
                return number * self.asked, outcome
        return MOST, Outcome.INCONCLUSIVE


CASES = {
    "twice as bad": Case(ERRORS, 0.02, 0.01, 0.1, 50, Outcome.FAIL),
    "twenty times as bad": Case(ERRORS, 0.1, 0.005, 0.1, 10, Outcome.FAIL),
    "twice as bad at half of all requests": Case(ERRORS, 0.1, 0.05, 0.5, 20, Outcome.FAIL),
    "as good": Case(ERRORS, 0.05, 0.05, 0.1, 20, Outcome.PASS),
    "as good, and rarely wrong": Case(
        ERRORS.model_copy(update={"fine": None}), 0.02, 0.02, 0.25, 50, Outcome.PASS
    ),
    "half as bad": Case(ERRORS, 0.02, 0.04, 0.1, 50, Outcome.PASS),
    "nothing happens": Case(ERRORS, 0.0, 0.0, 0.1, 10, Outcome.PASS),
    "alone, and above its limit": Case(
        ERRORS.model_copy(update={"limit": 0.05}), 0.1, 0.0, 1.0, 10, Outcome.FAIL
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_half_of_the_rollouts_need_about_as_many_requests(name: str) -> None:
    case, dice = CASES[name], np.random.default_rng(5)
    standing = case.exact(20 if case.canary > 10 * case.stable else 100)
    told = forecast(case.gate, standing, seen(standing, case.share))
    assert told.requests is not None
    assert told.outcome is case.outcome
    played = [case.played(standing, dice, 6 * told.requests) for _ in range(_RUNS)]
    median = sorted(requests for requests, _ in played)[_RUNS // 2]
    assert sum(outcome is case.outcome for _, outcome in played) > _RUNS * 0.9
    assert told.requests / 1.5 < median < told.requests * 1.5 + case.asked


def test_by_windows_it_goes_on_as_it_has() -> None:
    bursts = ERRORS.model_copy(update={"unit": Unit.WINDOW})
    case, dice = Case(bursts, 0.2, 0.05, 0.1, 50, Outcome.FAIL), np.random.default_rng(5)
    times = []
    for _ in range(_RUNS):
        standing = Standing()
        while furthest(case.gate, standing, Outcome.FAIL) < 0.5:
            standing = case.window(standing, dice)
        told = forecast(case.gate, standing, seen(standing, case.share))
        assert (told.outcome, bool(told.requests)) == (Outcome.FAIL, True)
        times.append(case.played(standing, dice, MOST // 1000)[0] / (told.requests or 1))
    assert 1 / 1.5 < sorted(times)[_RUNS // 2] < 1.5


def test_what_is_decided_needs_nothing_more() -> None:
    case = CASES["twice as bad"]
    told = forecast(case.gate, case.exact(10_000), seen(case.exact(10_000), case.share))
    assert (told.outcome, told.requests) == (Outcome.FAIL, 0)


def test_what_learns_nothing_is_never_decided() -> None:
    between = Case(ERRORS.model_copy(update={"fine": None}), 0.0, 0.0, 0.1, 10, Outcome.INCONCLUSIVE)
    told = forecast(between.gate, between.exact(), seen(between.exact(), between.share))
    assert (told.outcome, told.requests) == (Outcome.INCONCLUSIVE, None)


def test_what_was_chance_may_pass() -> None:
    case = CASES["twice as bad"]
    standing = case.exact()
    told = forecast(case.gate, standing, alike(standing, case.share))
    assert (told.outcome, told.rates.canary, told.rates.stable) == (Outcome.PASS, 0.011, 0.011)


def test_before_the_first_request_nothing_is_taken_to_happen() -> None:
    told = forecast(ERRORS, Standing(), seen(Standing(), 0.1))
    assert (told.outcome, told.rates.canary, told.rates.stable) == (Outcome.PASS, 0.0, 0.0)
