from typing import Any

import pytest

from platformctl.adapters.cluster.traffic.doors import Door, Way, addresses
from platformctl.domain.manifests import Manifest
from tests.cluster_traffic import values

pytestmark = pytest.mark.quick


def _way(service: Manifest | None, scheme: str = "http", port: int = 80) -> Way:
    return Way("the Gateway kserve/gw", scheme, port, (), service, "kubectl get gateway gw")


def _service(**spec: Any) -> Manifest:
    return {"metadata": {"name": "kourier", "namespace": "kourier-system"}, "spec": spec}


def test_inside_it_is_the_name_of_its_service() -> None:
    inside = _way(values.service()).inside
    assert inside is not None
    assert inside.url == "http://envoy-gw.envoys.svc"
    assert _way(None).inside is None


@pytest.mark.parametrize(
    ("door", "url"),
    [
        (Door("http", "10.0.0.7", 80), "http://10.0.0.7"),
        (Door("https", "gw.example.com", 8443), "https://gw.example.com:8443"),
        (Door("http", "fd00::7", 8080), "http://[fd00::7]:8080"),
    ],
)
def test_an_address_is_written_as_people_do(door: Door, url: str) -> None:
    assert door.url == url


def test_a_pods_port_is_found_by_number_or_by_name() -> None:
    pod = {"spec": {"containers": [{}, {"ports": [{"name": "web", "containerPort": 18080}]}]}}
    assert _way(values.service()).pod_port(pod) == 10080
    assert _way(values.service(targetPort="web")).pod_port(pod) == 18080
    assert _way(values.service(targetPort="none")).pod_port(pod) is None


def test_clients_outside_take_the_load_balancer_before_what_is_in_the_cluster() -> None:
    balancer = {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}, {"hostname": "lb.example"}]}}}
    spec = {"clusterIP": "10.96.0.1", "externalIPs": ["198.51.100.7"]}
    found = list(addresses({**_service(**spec), **balancer}))
    assert found == ["192.0.2.1", "lb.example", "198.51.100.7", "10.96.0.1"]


@pytest.mark.parametrize("address", ["None", ""])
def test_a_service_without_an_ip_of_its_own_has_none(address: str) -> None:
    assert list(addresses(_service(clusterIP=address))) == []
