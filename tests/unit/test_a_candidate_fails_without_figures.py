"""A candidate that cannot get ready, answers nobody or keeps crashing has failed without any figures."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from platformctl.domain.observed import RevisionStatus
from platformctl.plan import failing
from platformctl.plan.failing import Watched

pytestmark = pytest.mark.quick

NOW = datetime(2026, 1, 1, tzinfo=UTC)
READY = RevisionStatus(replicas=1, ready=1)
DOWN = RevisionStatus(replicas=1, ready=0, detail="restarting")
LONG, SHORT = timedelta(seconds=10), timedelta(seconds=9.9)


def _unready(status: RevisionStatus | None, unready_for: timedelta) -> Watched:
    return Watched(status, NOW, answered=NOW - unready_for, steady=NOW - unready_for)


@pytest.mark.parametrize(
    ("status", "serves", "unready_for", "reason"),
    [
        (None, False, SHORT, "it is not there any more"),
        (RevisionStatus(1, 0, failure="a corrupt model"), False, SHORT, "a corrupt model"),
        (READY, True, timedelta(), None),
        (DOWN, True, SHORT, None),
        (DOWN, True, LONG, "it was not ready for 10 s: restarting"),
        (DOWN, False, LONG, None),
        (RevisionStatus(replicas=4, ready=1), True, LONG, None),
        (RevisionStatus(1, 0, restarts=2), False, LONG, None),
        (RevisionStatus(1, 0, restarts=3, detail="OOM"), False, SHORT, "it crashed 3 times: OOM"),
    ],
)
def test_a_candidate_has_failed_when_there_is_no_hope(
    status: RevisionStatus | None, unready_for: timedelta, reason: str | None, *, serves: bool
) -> None:
    assert failing.failure(_unready(status, unready_for), serves=serves) == reason


def _looks(*seen: tuple[float, RevisionStatus]) -> Sequence[str | None]:
    """What each look says of a candidate with weight, which was ready at second 0 and had crashed once."""
    watched = failing.seen(None, replace(READY, restarts=1), NOW)
    said = []
    for second, status in seen:
        watched = failing.seen(watched, status, NOW + timedelta(seconds=second))
        said.append(failing.failure(watched, serves=True))
    return said


def _up(crashes: int, replicas: int = 1) -> RevisionStatus:
    return RevisionStatus(replicas, replicas, restarts=1 + crashes)


def _down(crashes: int) -> RevisionStatus:
    return replace(DOWN, restarts=1 + crashes)


def test_one_that_answers_between_its_crashes_has_failed_after_ten_seconds_of_them() -> None:
    looks = _looks((1, _down(1)), (2, _up(1)), (3, _down(2)), (8, _down(2)), (9, _up(2)), (10, _up(2)))
    assert looks == [None] * 5 + ["it kept crashing for 10 s"]


def test_looks_that_see_it_ready_each_time_see_its_crashes() -> None:
    assert _looks((5, _up(1)), (10, _up(3))) == [None, "it kept crashing for 10 s"]


def test_one_that_waits_to_be_started_again_has_crashed_once_more() -> None:
    looks = _looks((1, _up(1)), (3, _down(1)), (10, _down(1)))
    assert looks == [None, None, "it kept crashing for 10 s: restarting"]


def test_one_crash_is_an_accident() -> None:
    assert _looks((1, _down(1)), *((second, _up(1)) for second in range(2, 20))) == [None] * 19


def test_crashes_that_are_far_apart_are_accidents_each() -> None:
    assert _looks((1, _up(1)), (11, _up(1)), (20, _up(2)), (29, _up(2)), (31, _up(2))) == [None] * 5


def test_of_several_replicas_each_has_to_crash_again() -> None:
    assert _looks((1, _up(1, 3)), (9, _up(5, 3)), (10, _up(5, 3)), (12, _up(6, 3))) == [
        None,
        None,
        None,
        "it kept crashing for 12 s",
    ]


def test_pods_that_were_replaced_take_their_restarts_with_them_and_nothing_has_crashed() -> None:
    assert _looks((1, _up(1)), (2, _up(-1)), (9, _up(-1)), (12, _up(-1))) == [None] * 4


def test_what_happened_while_nobody_looked_is_not_held_against_it() -> None:
    hour = 3600
    assert _looks((5, _up(0)), (hour, _down(1)), (hour + 3, _up(1))) == [None] * 3
    assert _looks((5, _up(0)), (hour, _up(2)), (hour + 15, _up(2))) == [None] * 3
    assert _looks((5, _down(1)), (hour, _up(2)), (hour + 5, _up(2))) == [None] * 3


def test_one_that_answers_neither_before_nor_after_nobody_looked_has_failed() -> None:
    assert _looks((5, _down(0)), (65, _down(0))) == [None, "it was not ready for 65 s: restarting"]


def test_however_rare_the_looks_are_one_that_stays_away_has_failed() -> None:
    looks = _looks((60, _up(0)), (120, _down(0)), (180, _down(0)))
    assert looks == [None, None, "it was not ready for 60 s: restarting"]
