"""Pods that are killed, evicted or out of memory, under a load over 16 connections."""

import json
from collections.abc import Callable

import pytest

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import POD
from platformctl.adapters.cluster.api.objects import entries, name, number, text
from platformctl.domain.manifests import Manifest
from tests.cluster_load.shop import CONNECTIONS, Shop, ask, eventually

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]

_AFTERWARDS = 1000


@pytest.fixture
def serving(shop: Shop) -> Shop:
    """Two replicas."""
    shop.deploy(shop.spec(min=2), 1)
    return shop


def _evict(api: Api, pod: Manifest) -> None:
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name(pod)}}
    path = f"{POD.path(api.namespace, name(pod))}/eviction"
    assert api.raw("POST", path, body=json.dumps(eviction).encode()).status == 201


def _restarts(shop: Shop) -> int:
    statuses = (one for pod in shop.all_pods() for one in entries(pod, "status", "containerStatuses"))
    return sum(number(one, "restartCount") or 0 for one in statuses)


def _is_whole(shop: Shop) -> bool:
    return len(shop.pods(shop.stable)) == 2


def _lost(shop: Shop, mishap: Callable[[Manifest], object], *, is_over: Callable[[], bool]) -> list[str]:
    [victim, _] = shop.pods(shop.stable)
    with shop.load("wait 5") as load:
        load.until(500)
        mishap(victim)
        eventually(is_over, "it has happened")
        eventually(lambda: _is_whole(shop), "there are two again")
        load.until(load.tally.answered + _AFTERWARDS)
    return load.tally.lost


def test_an_evicted_one_takes_nothing(serving: Shop) -> None:
    evicted: list[str] = []

    def evict(pod: Manifest) -> None:
        _evict(serving.api, pod)
        evicted.append(name(pod))

    lost = _lost(serving, evict, is_over=lambda: serving.api.get(POD, evicted[0]) is None)
    assert lost == []


@pytest.mark.parametrize("death", ["exit 137", "eat"])
def test_one_that_dies_takes_what_it_was_answering(serving: Shop, death: str) -> None:
    lost = _lost(
        serving,
        lambda pod: ask(text(pod, "status", "podIP"), death),
        is_over=lambda: _restarts(serving) == 1,
    )
    # What was in flight in it: of all connections where it hung before it died. Its sockets are closed one
    # after another, so who is told may send one more request into one that is still open.
    assert len(lost) <= 2 * CONNECTIONS
