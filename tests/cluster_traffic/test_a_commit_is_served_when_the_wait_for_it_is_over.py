import http.client
import time

import pytest

from platformctl.domain.cluster import Gateway
from platformctl.domain.errors import DeadlinePassed
from platformctl.render import served
from tests.cluster_traffic.shop import PATH, V1, V2, V3, Shop, eventually
from tests.load import Load

pytestmark = pytest.mark.full


_MANY = 40_000
"""Of 10,000 chance alone moves a share by half a point, one time in ten."""


def _fresh(shop: Shop) -> str | None:
    """Who answers on a new connection."""
    connection = http.client.HTTPConnection(*shop.address(), timeout=10)
    try:
        connection.request("POST", PATH, b"200", {"host": shop.host})
        return connection.getresponse().getheader("x-platformctl-revision")
    finally:
        connection.close()


def test_who_asks_then_is_answered_by_the_new_weights(shop: Shop) -> None:
    shop.start(V1)
    shop.start(V2)
    for _ in range(10):
        shop.serve(V1, V2, v1=100)
        assert {_fresh(shop) for _ in range(30)} == {V1}
        shop.serve(V1, V2, v2=100)
        assert {_fresh(shop) for _ in range(30)} == {V2}


def test_no_request_is_lost_and_none_gets_to_who_is_gone(shop: Shop) -> None:
    shop.start(V1)
    shop.serve(V1, v1=100)
    host, port = shop.address()
    with Load(port, PATH, b"200", connections=16, headers={"host": shop.host}, host=host) as load:
        for old, new in ((V1, V2), (V2, V3), (V3, V1)):
            shop.start(new)
            shop.serve(old, new, **{_key(old): 100})
            for share in (10, 50):
                shop.serve(old, new, **{_key(old): 100 - share, _key(new): share})
                load.until(load.tally.answered + 500)
            shop.serve(old, new, **{_key(new): 100})
            before = load.tally.of(old)
            load.until(load.tally.answered + 500)
            assert load.tally.of(old) - before <= 16, "what was in flight, and no more"
            shop.serve(new, **{_key(new): 100})
            shop.stop(old)
    assert load.tally.lost == []


def test_a_revision_without_weight_answers_who_asks_for_it_by_name(shop: Shop) -> None:
    shop.start(V1)
    shop.serve(V1, v1=100)
    shop.make(V2)
    shop.serve(V1, V2, v1=100)
    eventually(lambda: shop.pods(V2), "v2 gets ready")
    assert shop.ask(V2).revision == V2
    assert {shop.ask().revision for _ in range(10)} == {V1}


def test_a_deployment_without_weights_is_served_too(shop: Shop) -> None:
    shop.start(V1)
    shop.serve(V1)
    assert shop.ask(V1).revision == V1
    assert shop.ask().status == 404


def test_a_share_is_the_share(shop: Shop) -> None:
    shop.start(V1)
    shop.start(V2)
    shop.serve(V1, V2, v1=90, v2=10)
    host, port = shop.address()
    with Load(
        port, PATH, b"200", connections=16, headers={"host": shop.host}, host=host, limit=_MANY
    ) as load:
        tally = load.wait()
    assert tally.of(V2) == pytest.approx(_MANY / 10, abs=_MANY / 200)
    assert tally.lost == []


def test_a_gateway_that_is_not_there_serves_nothing(shop: Shop) -> None:
    nowhere = Shop(shop.api, Gateway("kserve", "nobody"))
    with pytest.raises(DeadlinePassed, match="no controller has looked at it"):
        nowhere.traffic.await_served(nowhere.route(v1=100), timeout=1)


def test_what_somebody_else_has_replaced_is_not_waited_for(shop: Shop) -> None:
    shop.start(V1)
    old = shop.route(V1, v1=100)
    shop.serve(V1)
    began = time.monotonic()
    shop.traffic.await_served(old, timeout=600)
    assert time.monotonic() - began < 300
    assert served.host(old) != served.host(shop.route(V1))


def _key(revision: str) -> str:
    return revision.split("-")[1]
