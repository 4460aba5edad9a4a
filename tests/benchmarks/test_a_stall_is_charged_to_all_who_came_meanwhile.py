from collections.abc import Iterable

import pytest

from benchmarks.serving.load import arrivals, closed, paced
from tests.benchmarks.answering import answering, http, post

pytestmark = pytest.mark.quick

STALL_S = 0.4
RATE = 300.0


def stalled_once(number: int, _: bytes) -> tuple[float, bytes]:
    return STALL_S if number == 20 else 0.0, http(200)


def late(latencies: Iterable[float]) -> int:
    return sum(one > STALL_S / 2 for one in latencies)


def test_a_paced_load_charges_those_who_were_due_during_the_stall() -> None:
    with answering(stalled_once) as port:
        outcome = paced(port, [post(b"{}")], connections=2, seconds=1.0, rate=RATE)
    assert len(outcome.latencies) == len(arrivals(RATE, 1.0, 7))  # nobody is left out
    assert outcome.errors == 0
    # Those of the stall's first half have waited for at least the other half.
    assert late(outcome.latencies) >= 0.6 * RATE * STALL_S / 2


def test_a_closed_load_sees_it_once_a_connection() -> None:
    with answering(stalled_once) as port:
        outcome = closed(port, [post(b"{}")], connections=2, seconds=1.0)
    assert 1 <= late(outcome.latencies) < 0.1 * RATE * STALL_S


def test_arrivals_are_random_and_the_same_each_time() -> None:
    moments = arrivals(1000.0, 10.0, 7)
    assert moments == arrivals(1000.0, 10.0, 7) == sorted(moments)
    assert moments != arrivals(1000.0, 10.0, 8)
    assert 9_500 < len(moments) < 10_500
