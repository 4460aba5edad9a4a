from concurrent.futures import ThreadPoolExecutor

import pytest

from platformctl.adapters.cluster.traffic import Traffic
from platformctl.domain.traffic import Request
from tests.cluster_traffic.shop import CHURN, V1, V2, Shop

pytestmark = pytest.mark.full


@pytest.fixture
def tunnelled(shop: Shop) -> Shop:
    shop.traffic = Traffic(shop.api, shop.gateway, direct=False)
    return shop


def test_a_commit_is_waited_for_and_answers(tunnelled: Shop) -> None:
    tunnelled.start(V1)
    tunnelled.start(V2)
    for who, weights in ((V1, {"v1": 100}), (V2, {"v2": 100})):
        tunnelled.serve(V1, V2, **weights)
        assert {tunnelled.ask().revision for _ in range(20)} == {who}
        assert tunnelled.ask(V1).revision == V1


def test_what_goes_wrong_on_the_way_is_an_answer(tunnelled: Shop) -> None:
    tunnelled.start(V1)
    tunnelled.serve(V1, v1=100)
    late = tunnelled.traffic.predict(CHURN, tunnelled.host, Request(b"wait 30", timeout=0.5))
    assert (late.status, late.is_error) == (0, True)
    assert tunnelled.ask(do="500").status == 500
    assert tunnelled.ask().status == 200


def test_threads_have_a_tunnel_each(tunnelled: Shop) -> None:
    tunnelled.start(V1)
    tunnelled.serve(V1, v1=100)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: tunnelled.ask(), range(200)))
    assert {answer.revision for answer in answers} == {V1}
