import gc
import socket
from collections.abc import Iterator

import pytest

from platformctl.adapters.cluster.traffic.predictions import Predictions
from platformctl.domain.errors import Unreachable
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.traffic import Answer, Request
from platformctl.render import served
from tests.cluster_traffic.serving import TinyGateway, tiny_gateway
from tests.ports import free_port

pytestmark = pytest.mark.quick

_HOST = "churn-shop.example.com"
_V1 = RevisionId("churn-v1-aaaaaa")


@pytest.fixture
def gateway() -> Iterator[TinyGateway]:
    with tiny_gateway() as one:
        yield one
        gc.collect()  # connections that nobody closed would warn here


@pytest.fixture
def predictions(gateway: TinyGateway) -> Predictions:
    return Predictions(gateway.connect)


def _ask(predictions: Predictions, do: str, *, host: str = _HOST, timeout: float = 10.0) -> Answer:
    return predictions.send(host, Name("churn"), Request(do.encode(), timeout=timeout))


def test_an_answer_says_who_gave_it(predictions: Predictions) -> None:
    answer = _ask(predictions, "200")
    assert (answer.status, answer.body, answer.revision) == (200, b"{}", _V1)
    assert answer.seconds > 0


def test_the_deployments_host_is_asked_wherever_the_connection_leads(
    gateway: TinyGateway, predictions: Predictions
) -> None:
    _ask(predictions, "200")
    (asked,) = gateway.asked
    assert asked.line == "POST /v1/models/churn:predict HTTP/1.1"
    assert asked.headers["host"] == _HOST
    assert "x-platformctl-revision" not in asked.headers


def test_one_revision_is_asked_by_the_header(gateway: TinyGateway, predictions: Predictions) -> None:
    predictions.send(_HOST, Name("churn"), Request(b"200", revision=_V1))
    assert gateway.asked[0].headers["x-platformctl-revision"] == _V1


@pytest.mark.parametrize(("do", "is_error"), [("500", True), ("503", True), ("404", False)])
def test_a_status_is_an_answer(predictions: Predictions, do: str, *, is_error: bool) -> None:
    answer = _ask(predictions, do)
    assert (answer.status, answer.is_error) == (int(do), is_error)


@pytest.mark.parametrize("do", ["reset", "wait"])
def test_a_reset_and_a_timeout_are_answers_of_status_0(predictions: Predictions, do: str) -> None:
    answer = _ask(predictions, do, timeout=0.2)
    assert (answer.status, answer.is_error, answer.revision) == (0, True, None)
    assert answer.body
    assert _ask(predictions, "200").status == 200


def test_a_connection_is_kept(gateway: TinyGateway, predictions: Predictions) -> None:
    for do in ("200", "500", "200"):
        _ask(predictions, do)
    assert {asked.connection for asked in gateway.asked} == {1}


def test_another_host_has_another_connection_that_is_kept_too(
    gateway: TinyGateway, predictions: Predictions
) -> None:
    for host in (_HOST, "other.example.com", _HOST):
        _ask(predictions, "200", host=host)
    assert [asked.connection for asked in gateway.asked] == [1, 2, 1]


def test_one_that_was_closed_while_idle_loses_nothing(gateway: TinyGateway, predictions: Predictions) -> None:
    assert _ask(predictions, "then-close").status == 200
    assert _ask(predictions, "200").status == 200
    assert {asked.connection for asked in gateway.asked} == {1, 2}


def test_no_way_to_the_gateway_is_an_error() -> None:
    def nowhere(host: str, seconds: float) -> socket.socket:
        raise Unreachable(f"no way to {host} in {seconds} s")

    with pytest.raises(Unreachable):
        _ask(Predictions(nowhere), "200")
    with pytest.raises(Unreachable):
        Predictions(nowhere).served(_HOST, 1)


def test_each_request_looks_for_a_way_of_its_own_until_there_is_one(gateway: TinyGateway) -> None:
    closed = True

    def opening(host: str, seconds: float) -> socket.socket:
        if closed:
            raise Unreachable(f"no way to {host}")
        return gateway.connect(host, seconds)

    predictions = Predictions(opening)
    for _ in range(2):
        with pytest.raises(Unreachable):
            _ask(predictions, "200")
    closed = False
    assert _ask(predictions, "200").status == 200


def test_what_is_served_is_asked_on_a_connection_of_its_own(
    gateway: TinyGateway, predictions: Predictions
) -> None:
    gateway.served = "3f9a1c.served.platformctl.invalid"
    assert [predictions.served(_HOST, 10) for _ in range(2)] == [gateway.served] * 2
    assert [asked.connection for asked in gateway.asked] == [1, 2]
    assert gateway.asked[0].line == f"GET {served.PATH} HTTP/1.1"


def test_a_server_is_told_from_the_gateway_without_asking_a_model(
    gateway: TinyGateway, predictions: Predictions
) -> None:
    gateway.ignorant = 1
    routed = [predictions.is_routed(_HOST, Name("churn"), 10) for _ in range(2)]
    assert routed == [False, True]
    assert gateway.asked[1].line == "GET /v1/models/churn HTTP/1.1"


def test_nobody_says_what_is_served() -> None:
    port = free_port()
    predictions = Predictions(lambda _, seconds: socket.create_connection(("127.0.0.1", port), seconds))
    assert predictions.served(_HOST, 10) is None
    assert not predictions.is_routed(_HOST, Name("churn"), 10)
