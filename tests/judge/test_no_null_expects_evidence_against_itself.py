"""The expectation of each factor, computed exactly, over all that may happen in a window."""

import math
from collections.abc import Iterator

import pytest

from platformctl.domain.gates import Evidence
from platformctl.domain.windows import Tally, Window
from platformctl.judge.bets import Bets, LimitBets
from platformctl.judge.limits import LimitTest, limit_test
from platformctl.judge.ratios import RatioTest, ratio_test, share

pytestmark = pytest.mark.quick

_WORSE = ratio_test(1.0, [(1.3, 1), (2, 2), (10, 1), (1000, 1)])
_NEAR = ratio_test(2.0, [(0.25, 1), (1, 3), (1.7, 1)])
_BETS = Bets((0.05, 0.5, 0.9), (0.2, 0.3, 0.5))
_SLACK = 1e-9


def _window(canary: tuple[int, int], stable: tuple[int, int]) -> Window:
    """Of requests and events each."""
    (asked, events), (of_stable, others) = canary, stable
    return Window(
        canary=Tally(requests=asked, events=events), stable=Tally(requests=of_stable, events=others)
    )


def _factor(test: RatioTest | Bets, window: Window) -> float:
    return math.exp(test.log_against(test.after(Evidence(), window)))


def _binomial(count: int, rate: float) -> Iterator[tuple[int, float]]:
    for hits in range(count + 1):
        yield hits, math.comb(count, hits) * rate**hits * (1 - rate) ** (count - hits)


@pytest.mark.parametrize("events", [1, 2, 5, 17, 40])
@pytest.mark.parametrize(("canary", "stable"), [(1, 30), (5, 45), (20, 20), (30, 10)])
def test_a_canary_that_is_as_good_whatever_the_rate_is(canary: int, stable: int, events: int) -> None:
    both = canary + stable
    expected = 0.0
    for mine in range(max(0, events - stable), min(events, canary) + 1):
        chance = math.comb(canary, mine) * math.comb(stable, events - mine) / math.comb(both, events)
        expected += chance * _factor(_WORSE, _window((canary, mine), (stable, events - mine)))
    assert expected <= 1 + _SLACK


@pytest.mark.parametrize(
    ("ratio", "rate"),
    [(2.0, 0.001), (2.0, 0.05), (2.0, 0.3), (2.0, 0.5), (2.0001, 0.3), (3.0, 0.001), (3.0, 0.3)],
)
@pytest.mark.parametrize(("canary", "stable"), [(5, 45), (20, 20), (30, 10)])
def test_a_canary_that_is_too_bad_expects_none_that_it_is_good(
    canary: int, stable: int, ratio: float, rate: float
) -> None:
    expected = sum(
        chance * others * _factor(_NEAR, _window((canary, mine), (stable, theirs)))
        for mine, chance in _binomial(canary, ratio * rate)
        for theirs, others in _binomial(stable, rate)
    )
    assert expected <= 1 + _SLACK


def test_given_the_total_the_same_would_not_hold_where_most_requests_fail() -> None:
    """Why the margin is not judged given the total: all but certain events say nothing, and would count."""
    everything = _window((10, 10), (90, 90))
    assert _factor(_NEAR, everything) > 1


@pytest.mark.parametrize("clumps", [(1,), (10,), (3, 3, 3), (1, 20, 5)])
def test_bursts_that_fall_on_the_canary_as_requests_do(clumps: tuple[int, ...]) -> None:
    canary, stable = 100, 300
    expected = 0.0
    for where in range(2 ** len(clumps)):
        mine = sum(size for place, size in enumerate(clumps) if where >> place & 1)
        ours = where.bit_count()
        chance = 0.25**ours * 0.75 ** (len(clumps) - ours)
        expected += chance * _factor(_BETS, _window((canary, mine), (stable, sum(clumps) - mine)))
    assert expected == pytest.approx(1)


@pytest.mark.parametrize(
    ("test", "rates"),
    [
        (limit_test(0.05, [(1.5, 1), (10, 1), (1000, 1)]), [0.0, 0.01, 0.05]),
        (limit_test(0.05, [(0.01, 1), (0.7, 1)]), [0.05, 0.06, 0.5, 1.0]),
    ],
    ids=["above", "below"],
)
def test_a_rate_on_the_right_side_of_its_limit(test: LimitTest, rates: list[float]) -> None:
    for rate in rates:
        expected = sum(
            chance * math.exp(test.log_against(test.after(Evidence(), Tally(requests=40, events=hits))))
            for hits, chance in _binomial(40, rate)
        )
        assert expected <= 1 + _SLACK


@pytest.mark.parametrize("clump", [1, 10, 40])
@pytest.mark.parametrize("rate", [0.0, 0.01, 0.05])
def test_a_rate_below_its_limit_however_events_clump(rate: float, clump: int) -> None:
    test = LimitBets(0.05, (0.05, 0.5, 0.9), (0.2, 0.3, 0.5))
    clumps = 40 // clump
    expected = sum(
        chance * math.exp(test.log_against(test.after(Evidence(), Tally(requests=40, events=clump * hits))))
        for hits, chance in _binomial(clumps, rate)
    )
    assert expected <= 1 + _SLACK


def test_what_nobody_was_asked_says_nothing() -> None:
    for window in (_window((0, 0), (50, 3)), _window((50, 3), (0, 0)), _window((5, 0), (50, 0))):
        assert _WORSE.after(Evidence(), window) == Evidence()
        assert _BETS.after(Evidence(), window) == Evidence()
    assert LimitBets(0.05, (0.5,), (1.0,)).after(Evidence(), Tally(requests=0, events=0)) == Evidence()


def test_shares_follow_the_ratio() -> None:
    assert share(0.1, 1) == pytest.approx(0.1)
    assert share(0.5, 3) == pytest.approx(0.75)
