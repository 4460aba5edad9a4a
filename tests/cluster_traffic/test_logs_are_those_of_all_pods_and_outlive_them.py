import http.client
from contextlib import closing
from functools import partial

import pytest

from platformctl.adapters.cluster.traffic import logs
from platformctl.domain.errors import NotFound
from platformctl.domain.manifests import Manifest
from tests.cluster_traffic.shop import CHURN, PATH, V1, V2, Shop, eventually

pytestmark = pytest.mark.full


@pytest.fixture
def serving(shop: Shop) -> Shop:
    shop.start(V1, replicas=2)
    shop.serve(V1, v1=100)
    return shop


def test_they_are_merged_by_time_and_say_whose_they_are(serving: Shop) -> None:
    pods = serving.pods(V1)
    for number in range(6):  # one after the other: a line has the time at which its node has read it
        _say(pods[number % 2], f"number {number}")
        eventually(partial(_has_lines, serving, number + 3), "it is logged")
    lines = logs.tail(serving.api, V1, 6)
    assert [line.rpartition("] ")[2] for line in lines] == [f"number {number}" for number in range(6)]
    assert len({line.partition("] ")[0] for line in lines}) == 2
    assert logs.tail(serving.api, V1, 2) == lines[-2:]
    assert logs.tail(serving.api, V1, 0) == []


def test_what_a_container_wrote_before_it_crashed_is_there(shop: Shop) -> None:
    shop.start(V1)
    shop.serve(V1, v1=100)
    shop.ask(do="say its last words")
    eventually(lambda: len(logs.tail(shop.api, V1, 100)) == 2, "all is logged")
    shop.ask(do="exit 3")
    eventually(lambda: len(logs.tail(shop.api, V1, 100)) == 3, "it has begun anew")
    assert logs.tail(shop.api, V1, 100)[1] == "its last words"


def test_they_stay_after_a_removal_until_the_deployment_goes(serving: Shop) -> None:
    serving.ask(do="say remember me")
    eventually(lambda: len(logs.tail(serving.api, V1, 100)) == 3, "all is logged")
    before = logs.tail(serving.api, V1, 100)
    assert logs.keep(serving.api, CHURN, V1)
    serving.stop(V1)
    assert logs.tail(serving.api, V1, 100) == before
    assert logs.tail(serving.api, V1, 1) == before[-1:]
    serving.remove()
    eventually(lambda: _is_unknown(serving), "they go with the route")


def test_of_one_that_never_was_nothing_is_known(serving: Shop) -> None:
    with pytest.raises(NotFound):
        logs.tail(serving.api, V2, 10)
    assert not logs.keep(serving.api, CHURN, V2)


def _say(pod: Manifest, line: str) -> None:
    """Have one pod write a line: through the gateway, chance says which one does."""
    connection = http.client.HTTPConnection(pod["status"]["podIP"], 8080, timeout=30)
    with closing(connection):
        connection.request("POST", PATH, f"say {line}".encode())
        assert connection.getresponse().status == http.client.OK


def _has_lines(shop: Shop, count: int) -> bool:
    return len(logs.tail(shop.api, V1, 100)) == count


def _is_unknown(shop: Shop) -> bool:
    try:
        logs.tail(shop.api, V1, 10)
    except NotFound:
        return True
    return False
