import socket
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.serving.gate import Gated, gated
from tests.serving.process import READY_S, wait_for

pytestmark = pytest.mark.quick


@pytest.fixture(scope="module")
def gated_server() -> Iterator[Gated]:
    with TemporaryDirectory(prefix="srv") as name, gated(Path(name), limits={"queue": 2}) as gate:
        yield gate


@pytest.fixture
def gate(gated_server: Gated) -> Gated:
    return gated_server.mark()


def test_a_full_queue_is_a_503_that_says_when_to_come_back(gate: Gated) -> None:
    first = gate.block()
    waiting = [gate.ask(number) for number in range(2)]
    refused = gate.server.v1([3])
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert refused.json() == {"error": "too many requests wait for the model already"}
    assert gate.server.http.get("/v2/health/ready").status_code == 200
    gate.open()
    assert [each.result().status_code for each in (first, *waiting)] == [200] * 3
    assert gate.server.v1([4]).status_code == 200
    assert gate.calls() == [["wait"], [0], [1], [4]]
    assert gate.metric("platformctl_refused_total", reason="queue") == 1
    assert gate.metric("platformctl_requests_total", code="503") == 1


def test_a_deadline_that_passed_in_the_queue_is_a_504(gate: Gated) -> None:
    first = gate.block()
    late = gate.ask(1, **{"x-envoy-expected-rq-timeout-ms": "1"})
    patient = gate.ask(2, **{"x-envoy-expected-rq-timeout-ms": "60000"})
    gate.open()
    assert first.result().status_code == 200
    assert late.result().status_code == 504
    assert late.result().json() == {"error": "the deadline passed before the model was asked"}
    assert patient.result().status_code == 200
    assert gate.calls() == [["wait"], [2]]
    assert gate.metric("platformctl_refused_total", reason="deadline") == 1


@pytest.mark.parametrize("value", ["0", "soon", "-5", ""])
def test_what_is_no_deadline_is_none(gate: Gated, value: str) -> None:
    assert gate.server.v1([1], **{"x-envoy-expected-rq-timeout-ms": value}).status_code == 200


def test_a_caller_that_left_is_not_computed_for(gate: Gated) -> None:
    first = gate.block()
    body = b'{"instances": [1]}'
    head = b"POST /v1/models/churn:predict HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body)
    with socket.socket(socket.AF_UNIX) as raw:
        raw.settimeout(READY_S)
        raw.connect(gate.address)
        raw.sendall(head + body)
        wait_for(lambda: gate.in_flight() == 2)
    for _ in range(3):  # by then the server has heard of it
        gate.server.http.get("/v2/health/ready")
    gate.open()
    assert first.result().status_code == 200
    wait_for(lambda: gate.metric("platformctl_refused_total", reason="gone") == 1)
    assert gate.calls() == [["wait"]]
    assert gate.metric("platformctl_requests_total") == 1
    assert gate.in_flight() == 0
