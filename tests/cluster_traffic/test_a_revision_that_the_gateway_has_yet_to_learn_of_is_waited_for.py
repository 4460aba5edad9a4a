from collections.abc import Iterator

import pytest

from platformctl.adapters.cluster.traffic.predictions import Predictions
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.traffic import Answer, Request
from tests.cluster_traffic.serving import TinyGateway, tiny_gateway

pytestmark = pytest.mark.quick

_V1 = RevisionId("churn-v1-aaaaaa")
_FOREVER = 1_000_000


@pytest.fixture
def gateway() -> Iterator[TinyGateway]:
    with tiny_gateway() as one:
        yield one


def _ask(predictions: Predictions, revision: RevisionId | None = _V1, do: str = "200") -> Answer:
    return predictions.predict("churn.example.com", Name("churn"), Request(do.encode(), revision=revision))


def test_it_answers_once_the_gateway_knows_it(gateway: TinyGateway) -> None:
    gateway.ignorant = 3
    assert _ask(Predictions(gateway.connect, patience=60)).revision == _V1
    assert len(gateway.asked) == 4


def test_patience_ends_and_is_had_once(gateway: TinyGateway) -> None:
    gateway.ignorant = _FOREVER
    predictions = Predictions(gateway.connect, patience=0.3)
    assert _ask(predictions).status == 503
    before = len(gateway.asked)
    assert before > 1
    assert _ask(predictions).status == 503
    assert len(gateway.asked) == before + 1


def test_one_that_has_answered_is_waited_for_again(gateway: TinyGateway) -> None:
    predictions = Predictions(gateway.connect, patience=60)
    for _ in range(2):
        gateway.ignorant = 1
        assert _ask(predictions).revision == _V1


def test_who_asks_nobody_by_name_gets_what_the_gateway_says(gateway: TinyGateway) -> None:
    gateway.ignorant = _FOREVER
    assert _ask(Predictions(gateway.connect, patience=60), revision=None).status == 503
    assert len(gateway.asked) == 1


def test_what_a_server_says_is_not_asked_for_again(gateway: TinyGateway) -> None:
    assert _ask(Predictions(gateway.connect, patience=60), do="503").status == 503
    assert len(gateway.asked) == 1
