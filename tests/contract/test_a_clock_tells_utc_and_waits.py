"""The time, and waiting."""

from datetime import UTC, timedelta

from platformctl.ports import Clock


def test_the_time_is_in_utc(clock: Clock) -> None:
    assert clock.now().tzinfo is not None
    assert clock.now().utcoffset() == UTC.utcoffset(None)


def test_sleeping_takes_at_least_that_long(clock: Clock) -> None:
    before = clock.now()
    clock.sleep(0.05)
    assert clock.now() - before >= timedelta(seconds=0.049)


def test_sleeping_for_no_time_returns(clock: Clock) -> None:
    before = clock.now()
    clock.sleep(0)
    assert clock.now() >= before
