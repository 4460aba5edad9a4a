import pytest

from benchmarks.serving.load import closed, head_of, paced, percentile
from tests.benchmarks.answering import answering, http, post

pytestmark = pytest.mark.quick


def test_each_kept_answer_belongs_to_its_request() -> None:
    asked = [post(b'{"n":%d}' % number) for number in range(7)]
    with answering(lambda _, body: (0.0, http(200, body))) as port:
        outcome = closed(port, asked, connections=3, seconds=0.3)
    assert len(outcome.latencies) > 100
    assert outcome.errors == 0
    assert len(outcome.kept) > 1
    assert all(body == b'{"n":%d}' % number for number, body in outcome.kept)


def test_a_refusal_is_an_error_and_never_kept() -> None:
    with answering(lambda number, _: (0.0, http(503 if number == 3 else 200))) as port:
        outcome = closed(port, [post(b"{}")], connections=1, seconds=0.1)
    assert outcome.refused == {503: 1}
    assert outcome.errors == 1


@pytest.mark.parametrize("rate", [None, 200.0])
def test_a_request_whose_connection_is_closed_is_lost(rate: float | None) -> None:
    asked = [post(b"{}")]
    with answering(lambda number, _: (0.0, b"" if number == 5 else http(200))) as port:
        outcome = closed(port, asked, 2, 0.3) if rate is None else paced(port, asked, 2, 0.3, rate)
    assert outcome.lost == outcome.errors == 1


def test_the_load_ends_when_no_connection_is_left() -> None:
    with answering(lambda *_: (0.0, b"")) as port:
        assert closed(port, [post(b"{}")], 2, 60.0).lost == 2
        outcome = paced(port, [post(b"{}")], 2, 60.0, 5.0)
    assert outcome.seconds < 30
    assert outcome.lost > 200  # those that would have come are lost, too


def test_an_answer_may_come_in_pieces() -> None:
    whole = http(200, b'{"predictions":[1]}')
    assert [head_of(whole[:size]) for size in range(len(whole))] == [None] * len(whole)
    head = head_of(whole)
    assert head is not None
    assert (head.status, whole[head.body :]) == (200, b'{"predictions":[1]}')


def test_an_answer_may_come_in_chunks() -> None:
    whole = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    assert head_of(whole[:-3]) is None
    assert head_of(whole) == (200, whole.index(b"2\r\n{}"))


def test_an_answer_without_an_end_is_refused() -> None:
    with pytest.raises(ValueError, match="without a length"):
        head_of(b"HTTP/1.1 200 OK\r\nserver: x\r\n\r\n{}")


def test_a_percentile_is_a_value_that_was_measured() -> None:
    hundred = [float(number) for number in range(100, 0, -1)]
    assert [percentile(hundred, share) for share in (0.5, 0.99, 1.0)] == [50, 99, 100]
    assert percentile([3.0], 0.5) == percentile([3.0], 0.99) == 3.0
