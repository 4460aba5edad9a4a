"""The series that a rollout keeps for its plot: bounded, in order, about evenly apart."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platformctl.domain.automatic import Point
from platformctl.domain.gates import Kind, Standing
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.windows import Tally, Window
from platformctl.judge.defaults import gates_of
from platformctl.judge.gates import after
from platformctl.judge.series import LIMIT, added, point

pytestmark = pytest.mark.quick

_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def _points(gaps: list[float]) -> tuple[Point, ...]:
    """What is left after looks that are so many seconds apart."""
    points: tuple[Point, ...] = ()
    at = _BEGAN
    for number, gap in enumerate(gaps):
        at += timedelta(seconds=gap)
        points = added(points, Point(at=at, requests=number, worse={}, good={}))
    return points


@given(st.lists(st.floats(0.1, 1000), min_size=1, max_size=400))
def test_they_are_in_order_and_bounded_and_end_with_the_newest(gaps: list[float]) -> None:
    points = _points(gaps)
    numbers = [each.requests for each in points]
    assert len(points) <= LIMIT
    assert numbers == sorted(set(numbers))
    assert (numbers[0], numbers[-1]) == (0, len(gaps) - 1)


@pytest.mark.parametrize("looks", [50, 61, 90, 500, 5000])
def test_of_even_looks_they_are_even_and_enough_for_a_plot(looks: int) -> None:
    points = _points([5.0] * looks)
    apart = [(b.at - a.at).total_seconds() for a, b in pairwise(points[:-1])]
    assert len(points) >= LIMIT / 3
    assert max(apart) <= 2 * min(apart) + 5


def test_what_is_kept_of_a_rollout_does_not_grow_with_its_looks() -> None:
    gates = gates_of(RolloutPolicy())
    window = Window(canary=Tally(requests=30, events=1), stable=Tally(requests=270, events=2))
    standings = dict.fromkeys(gates, Standing())
    points: tuple[Point, ...] = ()
    sizes = {}
    for look in range(1, 1001):
        standings = {kind: after(gate, standings[kind], window) for kind, gate in gates.items()}
        points = added(points, point(gates, standings, _BEGAN + timedelta(seconds=5 * look)))
        sizes[look] = sum(len(each.model_dump_json()) for each in points)
    assert max(sizes.values()) < 12_000
    assert sizes[1000] < 1.5 * sizes[LIMIT]


def test_a_point_says_how_far_each_gate_is() -> None:
    gates = gates_of(RolloutPolicy())
    bad = Window(canary=Tally(requests=100, events=30), stable=Tally(requests=900, events=5))
    found = point(gates, {Kind.ERRORS: after(gates[Kind.ERRORS], Standing(), bad)}, _BEGAN)
    assert found.requests == 100
    assert (found.worse[Kind.ERRORS] > 1, found.good[Kind.ERRORS] < 0) == (True, True)
    assert Kind.LATENCY not in found.worse
