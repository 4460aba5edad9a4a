from typing import Any

import pytest

from platformctl.adapters.cluster.traffic.logs import Stream, merged, streams

pytestmark = pytest.mark.quick

_A, _B = Stream("churn-v1-aaaaaa-predictor-7d9-x2k4p", "kserve-container"), Stream("p-h7q2z", "storage")


def _at(second: int, text: str) -> str:
    return f"2026-11-21T20:00:{second:02}.000000000Z {text}"


def test_lines_come_by_time_without_it() -> None:
    both = {_A: [_at(1, "one"), _at(4, "four")], _B: [_at(2, "two"), _at(3, "three")]}
    assert merged(both) == ["[x2k4p] one", "[h7q2z storage] two", "[h7q2z storage] three", "[x2k4p] four"]


def test_one_log_needs_no_name() -> None:
    assert merged({_A: [_at(1, "one"), _at(2, "")]}) == ["one", ""]


def test_two_lives_of_one_container_are_one_log() -> None:
    before = _A._replace(is_previous=True)
    assert merged({before: [_at(1, "last words")], _A: [_at(2, "again")]}) == ["last words", "again"]


def test_a_line_without_a_time_goes_with_the_one_before() -> None:
    both = {_A: [_at(1, "Traceback"), "no time"], _B: [_at(2, "two")]}
    assert merged(both) == ["[x2k4p] Traceback", "[x2k4p] no time", "[h7q2z storage] two"]


def _pod(**status: Any) -> dict[str, Any]:
    return {"metadata": {"name": "p"}, "status": status}


def test_a_container_that_has_not_run_has_no_log() -> None:
    waiting = {"name": "kserve-container", "state": {"waiting": {"reason": "PodInitializing"}}}
    assert streams(_pod(containerStatuses=[waiting])) == []
    assert streams(_pod()) == []


def test_init_containers_and_lives_before_are_read_too() -> None:
    done = {"name": "storage-initializer", "state": {"terminated": {"exitCode": 0}}}
    crashed = {
        "name": "kserve-container",
        "restartCount": 3,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"exitCode": 65}},
    }
    found = streams(_pod(initContainerStatuses=[done], containerStatuses=[crashed]))
    assert found == [Stream("p", "storage-initializer"), Stream("p", "kserve-container", is_previous=True)]


def _proxy(state: dict[str, Any], **last: Any) -> dict[str, Any]:
    return {"name": "queue-proxy", "restartCount": len(last), "state": state, "lastState": last}


def test_what_only_repeats_the_server_is_left_out() -> None:
    runs = {"running": {"startedAt": "2026-11-21T20:00:00Z"}}
    server = {"name": "kserve-container", "state": runs}
    for state in (runs, {"terminated": {"exitCode": 0}}):
        found = streams(_pod(containerStatuses=[server, _proxy(state)]))
        assert found == [Stream("p", "kserve-container")]


def test_it_is_read_where_it_is_what_failed() -> None:
    waits = {"waiting": {"reason": "CrashLoopBackOff"}}
    proxy = _proxy(waits, terminated={"exitCode": 2})
    assert streams(_pod(containerStatuses=[proxy])) == [Stream("p", "queue-proxy", is_previous=True)]
