import pytest

from platformctl.adapters.cluster.knative.traffic import KnativeTraffic
from platformctl.domain.errors import Unreachable
from tests.cluster_knative_traffic.shop import Shop, service
from tests.cluster_knative_traffic.values import CHURN
from tests.cluster_traffic.shop import V1, V2, eventually

pytestmark = pytest.mark.full

_ASLEEP_SOON = {"autoscaling.knative.dev/window": "6s"}
_WAKING_SECONDS = 60.0


def _two(shop: Shop) -> None:
    """V1 has everything, V2 a tag."""
    shop.serve(V1)
    previous = {"revisionName": shop.knative_revision(), "percent": 100, "tag": "prev"}
    shop.serve(V2, previous, percent=0)


@pytest.mark.parametrize("direct", [True, False])
def test_a_host_leads_to_who_has_weight_and_a_tag_to_its_own(shop: Shop, *, direct: bool) -> None:
    _two(shop)
    shop.traffic = KnativeTraffic(shop.api, direct=direct)
    for host, who in ((shop.host(), V1), (shop.host("latest"), V2), (shop.host("prev"), V1)):
        answers = [shop.ask(host) for _ in range(5)]
        assert {(answer.status, answer.revision) for answer in answers} == {(200, who)}, (host, answers[0])


def test_addresses_are_those_that_clients_use(shop: Shop) -> None:
    shop.serve(V1)
    found = shop.traffic.addresses(CHURN, f"http://{shop.host()}")
    assert found.host == shop.host()
    assert found.outside is not None
    assert found.outside.startswith("http://")
    assert found.inside is not None
    assert found.inside.endswith(".svc")


def test_who_asks_a_sleeper_waits_for_it(shop: Shop) -> None:
    shop.serve(V1, annotations=_ASLEEP_SOON)
    eventually(lambda: not shop.pods(), "it goes to sleep", 180)
    late = shop.ask(shop.host(), timeout=0.1)
    assert (late.status, late.is_error) == (0, True)
    answer = shop.ask(shop.host(), timeout=_WAKING_SECONDS)
    assert (answer.status, answer.revision) == (200, V1)


def test_an_ingress_of_nobodys_class_is_said(shop: Shop) -> None:
    annotations = {"networking.knative.dev/ingress.class": "nobody.example.com"}
    shop.make(service(V1, annotations=annotations))
    eventually(lambda: "nobody.example.com" in _refusal(shop), "its ingress is made")
    assert "no controller of the class nobody.example.com has looked at its ingress" in _refusal(shop)


def test_a_deployment_that_is_not_there_has_no_ingress(shop: Shop) -> None:
    assert _refusal(shop) == "requests do not get to churn yet: Knative has made no ingress for it yet"


def _refusal(shop: Shop) -> str:
    with pytest.raises(Unreachable) as raised:
        shop.ask("churn-predictor.example.com")
    return raised.value.message
