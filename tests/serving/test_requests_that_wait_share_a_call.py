from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.serving.gate import Gated, gated

pytestmark = pytest.mark.quick

SHARED: dict[str, Any] = {"batch": {"by_row": True, "rows": 5}}


@pytest.fixture(scope="module")
def shared_server() -> Iterator[Gated]:
    with TemporaryDirectory(prefix="srv") as name, gated(Path(name), **SHARED) as gate:
        yield gate


@pytest.fixture(scope="module")
def single_server() -> Iterator[Gated]:
    with TemporaryDirectory(prefix="srv") as name, gated(Path(name)) as gate:
        yield gate


@pytest.fixture
def shared(shared_server: Gated) -> Gated:
    return shared_server.mark()


@pytest.fixture
def single(single_server: Gated) -> Gated:
    return single_server.mark()


def test_what_queued_during_a_call_is_one_call(shared: Gated) -> None:
    first = shared.block()
    others = [shared.ask(number) for number in range(5)]
    shared.open()
    assert [each.result().json() for each in others] == [{"predictions": [n]} for n in range(5)]
    assert first.result().status_code == 200
    assert shared.calls() == [["wait"], [0, 1, 2, 3, 4]]
    assert shared.metric("platformctl_batch_rows_count") == 2
    assert shared.metric("platformctl_batch_rows_sum") == 6
    assert shared.metric("platformctl_queue_seconds_count") == 6
    assert shared.metric("platformctl_requests_total", protocol="v1", code="200") == 6
    assert shared.in_flight() == 0


def test_a_call_has_no_more_rows_than_the_settings_say_and_larger_requests_are_alone(shared: Gated) -> None:
    first = shared.block()
    sent = [[1, 2], [3], [4, 5, 6], [7], [8, 9, 10, 11, 12, 13], [14]]
    asked = [shared.ask(*rows) for rows in sent]
    shared.open()
    assert [each.result().json() for each in asked] == [{"predictions": rows} for rows in sent]
    assert first.result().status_code == 200
    assert shared.calls()[1:] == [[1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11, 12, 13], [14]]


def test_without_by_row_a_class_is_called_once_a_request(single: Gated) -> None:
    first = single.block()
    others = [single.ask(number) for number in range(3)]
    single.open()
    assert [each.result().status_code for each in (first, *others)] == [200] * 4
    assert single.calls() == [["wait"], [0], [1], [2]]


def test_a_bad_row_fails_its_own_request_only(shared: Gated) -> None:
    first = shared.block()
    asked = [shared.ask(row) for row in (1, "raise", 2)]
    shared.open()
    answers = [each.result() for each in asked]
    assert first.result().status_code == 200
    assert [answer.status_code for answer in answers] == [200, 500, 200]
    assert answers[1].json() == {"error": "RuntimeError: a bad row"}
    assert shared.calls()[1:] == [[1, "raise", 2], [1], ["raise"], [2]]


def test_an_answer_of_another_length_ends_the_sharing_and_says_so_once(folder: Path) -> None:
    with gated(folder, "Short", **SHARED) as gate:
        for _ in range(2):
            gate.mark()
            first = gate.block()
            asked = [gate.ask(row) for row in (1, 2)]
            gate.open()
            assert first.result().status_code == 200
            assert [each.result().json() for each in asked] == [{"predictions": [1]}, {"predictions": [2]}]
        assert gate.calls() == [["wait"], [1], [2]]
        assert gate.server.log.read_text().count("requests do not share calls of the model any more") == 1


def test_a_coroutine_shares_calls_too(folder: Path) -> None:
    with gated(folder, "Slowly", **SHARED) as gate:
        assert gate.server.v1([1, 2]).json() == {"predictions": [1, 2]}
        assert gate.server.v1(["raise"]).status_code == 500


def test_there_are_never_two_calls_at_once(single: Gated) -> None:
    first = single.block()
    asked = [single.ask(number) for number in range(10)]
    assert single.calls() == [["wait"]]
    assert single.noted("ends") == []
    single.open()
    assert {each.result().status_code for each in (first, *asked)} == {200}
    assert single.noted("ends") == [call["rows"] for call in single.noted("calls")]


def test_callers_headers_reach_a_call_of_their_own_and_no_shared_one(shared: Gated) -> None:
    sent = {"x-request-id": "r-1", "traceparent": "00-1-2-01", "tracestate": "a=b", "baggage": "c=d"}
    shared.server.v1([0], **sent)
    first = shared.block()
    asked = [shared.ask(row, **sent) for row in (1, 2)]
    shared.open()
    assert {each.result().headers["x-request-id"] for each in asked} == {"r-1"}
    assert "x-request-id" not in first.result().headers
    alone, _, together = shared.noted("calls")
    assert sent.items() <= alone["headers"].items()
    assert together["headers"] == {}
