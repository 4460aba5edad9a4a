import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platformctl.domain.automatic import Reading
from platformctl.domain.counts import Counts
from platformctl.domain.gates import Kind
from platformctl.domain.windows import Tally, Window
from platformctl.samples.cutting import Unusable, cut
from platformctl.samples.increments import increment
from platformctl.samples.thresholds import at_bound, slow, usual

pytestmark = pytest.mark.quick

_NONE = Counts()


def _counts(requests: int, errors: int = 0, rejected: int = 0, fast: int | None = None) -> Counts:
    """With latencies of which `fast` are below 100 ms."""
    quick = requests if fast is None else fast
    return Counts(requests, errors, rejected, {100.0: quick, math.inf: requests})


def _reading(canary: Counts, stable: Counts) -> Reading:
    return Reading(at=datetime(2026, 1, 1, tzinfo=UTC), canary=canary, stable=stable)


def _window(canary: tuple[int, int], stable: tuple[int, int]) -> Window:
    one, other = (Tally(requests=requests, events=events) for requests, events in (canary, stable))
    return Window(canary=one, stable=other)


def test_each_gate_has_its_own_events() -> None:
    before = _reading(canary=_counts(100, 1, 2, 90), stable=_counts(900, 9, 3, 880))
    after = _reading(canary=_counts(130, 4, 2, 115), stable=_counts(1170, 11, 5, 1150))
    assert cut(before, after, 100.0) == {
        Kind.ERRORS: _window((30, 3), (270, 2)),
        Kind.CLIENT_ERRORS: _window((30, 0), (270, 2)),
        Kind.LATENCY: _window((30, 5), (270, 0)),
    }


def test_without_a_threshold_latencies_are_not_judged() -> None:
    found = cut(_reading(_NONE, _NONE), _reading(_counts(5), _counts(9)), None)
    assert not isinstance(found, Unusable)
    assert set(found) == {Kind.ERRORS, Kind.CLIENT_ERRORS}


def test_a_counter_that_began_again_says_what_came_since() -> None:
    assert increment(_counts(1000, 10, 5), _counts(7, 2)) == _counts(7, 2)
    assert increment(_counts(10, 3), _counts(12, 1)) == _counts(12, 1), "one that fell took all with it"


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (_counts(5, errors=9), "9 errors and 0 4xx among 5 requests"),
        (_counts(5, errors=3, rejected=3), "3 errors and 3 4xx among 5 requests"),
        (_counts(-1), "fewer requests than none: -1"),
        (Counts(5, 0, 0, {10.0: 4, math.inf: 3}), "a histogram whose counts do not rise"),
    ],
)
def test_figures_that_cannot_be_true_are_no_window(wrong: Counts, why: str) -> None:
    found = cut(_reading(_NONE, _NONE), _reading(canary=wrong, stable=_counts(50)), 100.0)
    assert found == Unusable(f"the figures of canary cannot be true: {why}")
    found = cut(_reading(_NONE, _NONE), _reading(canary=_counts(50), stable=wrong), 100.0)
    assert found == Unusable(f"the figures of stable cannot be true: {why}")


def test_slow_is_told_at_a_bound_that_there_is() -> None:
    counts = Counts(100, latency={5.0: 40, 10.0: 90, 25.0: 97, math.inf: 100})
    assert at_bound(counts, 7) == 10.0
    assert at_bound(counts, 10) == 10.0
    assert at_bound(counts, 30) is None
    assert slow(counts, 10.0) == 10


def test_slow_is_twice_what_stable_usually_takes_and_no_pause_of_a_process() -> None:
    counts = Counts(100, latency={5.0: 40, 20.0: 90, 30.0: 97, 50.0: 97, 100.0: 97, 500.0: 98, math.inf: 100})
    assert usual(counts) == 100.0
    assert usual(counts, 0.5) == 50.0, "no less"
    assert usual(counts, 0.98) == 500.0
    assert usual(counts, 0.99) == 500.0, "those that take longer than all bounds are compared"
    assert usual(_NONE) is None


_LIVES = st.lists(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5)), min_size=1), max_size=6)
"""Of a server: between two readings so many requests that went well, and so many that failed."""


@given(_LIVES)
def test_nothing_is_counted_twice_and_little_is_lost(lives: list[list[tuple[int, int]]]) -> None:
    """A restart that cannot be told, as the new life has counted past the old one, costs the latter."""
    last, summed, true = _NONE, 0, 0
    for life in lives:
        well, failed = 0, 0
        for more, errors in life:
            well, failed = well + more, failed + errors
            said = _counts(well + failed, failed)
            summed += increment(last, said).requests
            last = said
        true += well + failed
    assert summed <= true
    if len(lives) <= 1:
        assert summed == true
