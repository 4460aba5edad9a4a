import pytest

from platformctl.adapters.cluster.knative import kingress
from platformctl.adapters.cluster.knative.kingress import LoadBalancer
from platformctl.adapters.cluster.traffic.doors import Door
from tests.cluster_knative_traffic import values
from tests.cluster_knative_traffic.values import HOST, LOCAL, PREVIOUS, inside

pytestmark = pytest.mark.quick

_PUBLIC, _PRIVATE = inside("kourier"), inside("kourier-internal")
_KOURIER = LoadBalancer(services=(("kourier-system", "kourier"),))


@pytest.mark.parametrize("host", [HOST, PREVIOUS])
def test_a_host_of_everybody_s_is_at_the_public_load_balancer(host: str) -> None:
    assert kingress.load_balancer(values.ingress(_PUBLIC, _PRIVATE), host) == _KOURIER


def test_a_host_of_the_cluster_s_is_at_the_private_one() -> None:
    found = kingress.load_balancer(values.ingress(_PUBLIC, _PRIVATE), LOCAL)
    assert found == LoadBalancer(services=(("kourier-system", "kourier-internal"),))


def test_one_that_has_addresses_instead_of_a_service_says_them() -> None:
    said = {"ip": "192.0.2.1", "domain": "lb.example.net"}
    found = kingress.load_balancer(values.ingress(said), HOST)
    assert found == LoadBalancer(others=("192.0.2.1", "lb.example.net"))


def test_a_name_that_is_no_service_s_is_none() -> None:
    found = kingress.load_balancer(values.ingress({"domainInternal": "lb.example.net"}), HOST)
    assert found == LoadBalancer()


def test_a_mesh_is_somewhere_and_has_no_address() -> None:
    assert kingress.load_balancer(values.ingress({"meshOnly": True}), HOST) == LoadBalancer()


def test_one_without_a_load_balancer_is_nowhere_yet() -> None:
    assert kingress.load_balancer(values.ingress(private=_PRIVATE), HOST) is None


def test_all_addresses_are_tried_each_once() -> None:
    where = LoadBalancer((("kourier-system", "kourier"),), ("192.0.2.1",))
    service = values.service("kourier", "kourier-system", "192.0.2.1", "192.0.2.2")
    assert list(kingress.doors(where, [service], "https", HOST)) == [
        Door("https", "192.0.2.1", 443),
        Door("https", "192.0.2.2", 443),
        Door("https", "10.96.0.7", 443),
    ]


def test_names_are_tried_where_no_address_is_known() -> None:
    assert list(kingress.doors(_KOURIER, [], "http", HOST)) == [
        Door("http", HOST, 80),
        Door("http", "kourier.kourier-system.svc", 80),
    ]


@pytest.mark.parametrize(
    ("hosts", "option", "scheme"),
    [
        ([HOST], "Redirected", "https"),
        ([HOST], "Enabled", "http"),
        ([PREVIOUS], "Redirected", "http"),
        (None, "Redirected", "http"),
    ],
)
def test_tls_is_spoken_where_the_ingress_wants_it_for_that_host(
    hosts: list[str] | None, option: str, scheme: str
) -> None:
    one = values.ingress(_PUBLIC, tls=[{"hosts": hosts, "secretName": "route"}], httpOption=option)
    assert kingress.scheme(one, HOST) == scheme


def test_where_a_deployment_answers_is_what_knative_serves() -> None:
    served, other = f"http://{HOST}", "http://churn.ml.example.com"
    assert kingress.url(values.inference_service(other, served)) == served
    assert kingress.url(values.inference_service(other)) == other
    assert kingress.url({}) == ""
