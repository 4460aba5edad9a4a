import time
from collections.abc import Iterator

import pytest

from platformctl.adapters.cluster.traffic.backends import await_learned
from platformctl.adapters.cluster.traffic.predictions import Predictions
from platformctl.domain.names import Name
from tests.cluster_traffic.serving import TinyGateway, tiny_gateway

pytestmark = pytest.mark.quick

_FOREVER = 1_000_000


@pytest.fixture
def gateway() -> Iterator[TinyGateway]:
    with tiny_gateway() as one:
        yield one


def _await(gateway: TinyGateway, *, ready: bool, seconds: float = 60.0, patience: float = 60.0) -> bool:
    predictions = Predictions(gateway.connect)
    return await_learned(
        lambda: predictions.is_routed("churn.example.com", Name("churn"), 2.0),
        lambda: ready,
        10,
        time.monotonic() + seconds,
        patience,
    )


def test_a_gateway_that_knows_them_is_asked_as_often_as_it_takes(gateway: TinyGateway) -> None:
    assert _await(gateway, ready=True)
    assert len(gateway.asked) == 10


def test_one_that_learns_is_waited_for(gateway: TinyGateway) -> None:
    gateway.ignorant = 5
    assert _await(gateway, ready=True)
    assert len(gateway.asked) == 15


def test_patience_does_not_end_while_there_are_servers(gateway: TinyGateway) -> None:
    gateway.ignorant = 5
    assert _await(gateway, ready=True, patience=0)
    assert len(gateway.asked) == 15


def test_servers_that_are_not_ready_are_not_waited_for(gateway: TinyGateway) -> None:
    gateway.ignorant = _FOREVER
    assert _await(gateway, ready=False, patience=0.2)
    assert len(gateway.asked) > 1


def test_servers_that_it_never_finds_are_said(gateway: TinyGateway) -> None:
    gateway.ignorant = _FOREVER
    assert not _await(gateway, ready=True, seconds=0.3, patience=0)
