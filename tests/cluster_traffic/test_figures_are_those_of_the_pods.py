import pytest

from platformctl.adapters.cluster.api.client import open_api
from platformctl.adapters.cluster.api.kubeconfig import Access
from platformctl.adapters.cluster.traffic.counters import ClusterCounters
from platformctl.domain.counts import Counts
from platformctl.domain.errors import Unreachable
from tests.cluster_target.kubeconfigs import one, written
from tests.cluster_traffic.shop import CHURN, V1, V2, V3, Shop, eventually
from tests.ports import free_port

pytestmark = pytest.mark.full


@pytest.fixture
def serving(shop: Shop) -> Shop:
    shop.start(V1, replicas=2)
    shop.start(V2)
    shop.serve(V1, V2, v1=100)
    return shop


@pytest.mark.parametrize("direct", [False, True])
def test_they_are_added_up_over_the_pods_of_each_revision(serving: Shop, *, direct: bool) -> None:
    counters = ClusterCounters(serving.api, direct=direct)
    for do in ("200", "500", "400", *(["200"] * 17)):
        serving.ask(do=do)
    serving.ask(V2)
    found = counters.read(CHURN, [V1, V2, V3])
    assert (found[V1].requests, found[V1].errors, found[V1].rejected) == (20, 1, 1)
    assert max(found[V1].latency.values()) == 20
    assert found[V2].requests == 1
    assert found[V3] == Counts(parts={})


def test_what_a_pod_had_counted_before_it_crashed_stays(serving: Shop) -> None:
    for _ in range(10):
        serving.ask(V2)
    assert serving.counters.read(CHURN, [V2])[V2].requests == 10
    serving.ask(V2, do="exit 1")
    eventually(lambda: serving.ask(V2).status == 200, "v2 is back")
    eventually(lambda: serving.counters.read(CHURN, [V2])[V2].requests > 10, "it counts again")
    assert serving.counters.read(CHURN, [V2])[V2].requests < 20


def test_a_cluster_that_is_down_is_said(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = written(tmp_path_factory.mktemp("down"), one(f"https://127.0.0.1:{free_port()}"))
    with pytest.raises(Unreachable):
        ClusterCounters(open_api(Access(file), "default", {})).read(CHURN, [V1])
