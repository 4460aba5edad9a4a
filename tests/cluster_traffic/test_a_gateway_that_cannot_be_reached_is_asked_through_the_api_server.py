import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from platformctl.adapters.cluster.api.objects import name
from platformctl.adapters.cluster.api.portforward import tunnel
from platformctl.adapters.cluster.traffic.serving import Traffic
from platformctl.domain.errors import Unreachable
from platformctl.domain.traffic import Request
from tests.cluster_traffic.shop import CHURN, V1, V2, Shop, eventually

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
        answers = [tunnelled.ask() for _ in range(20)]
        assert {(answer.status, answer.revision) for answer in answers} == {(200, who)}, answers[0]
        assert tunnelled.ask(V1).revision == V1


def test_what_goes_wrong_on_the_way_is_an_answer(tunnelled: Shop) -> None:
    tunnelled.start(V1)
    tunnelled.serve(V1, v1=100)
    late = tunnelled.traffic.predict(CHURN, tunnelled.host, Request(b"wait 30", timeout=0.5))
    assert (late.status, late.is_error) == (0, True)
    assert tunnelled.ask(do="500").status == 500
    assert tunnelled.ask().status == 200


def test_who_leaves_before_the_end_of_an_answer_disturbs_nobody(tunnelled: Shop) -> None:
    tunnelled.start(V1)
    pod = name(tunnelled.pods(V1)[0])
    for _ in range(20):
        opened = tunnel(tunnelled.api, tunnelled.api.namespace, pod, 8080, 10)
        opened.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        assert opened.recv(1)
        opened.close()
    eventually(lambda: not _tunnels(), "their threads end")


def test_a_port_that_nobody_listens_on_ends_the_connection(tunnelled: Shop) -> None:
    tunnelled.start(V1)
    with tunnel(tunnelled.api, tunnelled.api.namespace, name(tunnelled.pods(V1)[0]), 9, 10) as opened:
        assert opened.recv(1) == b""


def test_a_pod_that_is_not_there_is_said(tunnelled: Shop) -> None:
    with pytest.raises(Unreachable, match='pods "nobody" not found'):
        tunnel(tunnelled.api, tunnelled.api.namespace, "nobody", 8080, 10)


def _tunnels() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("tunnel to ")]


def test_threads_have_a_tunnel_each(tunnelled: Shop) -> None:
    tunnelled.start(V1)
    tunnelled.serve(V1, v1=100)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: tunnelled.ask(), range(200)))
    assert {answer.revision for answer in answers} == {V1}
