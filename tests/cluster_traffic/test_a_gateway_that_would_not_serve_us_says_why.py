from typing import Any

import pytest

from platformctl.adapters.cluster.traffic.doors import Door
from platformctl.adapters.cluster.traffic.gateway import listener, outside, refusal
from platformctl.domain.manifests import Manifest
from tests.cluster_traffic import values
from tests.cluster_traffic.values import GATEWAY, HOST, NAMESPACE

pytestmark = pytest.mark.quick

_LABELS = {"team": "shop", "tier": "gold"}


def _refusal(gateway: Manifest | None, labels: dict[str, str] | None = None) -> str | None:
    return refusal(gateway, GATEWAY, NAMESPACE, labels, HOST)


def _lets_in(labels: dict[str, str] | None, **namespaces: Any) -> bool:
    one = values.listener(allowedRoutes={"namespaces": namespaces})
    return _refusal(values.gateway(one), labels) is None


def test_one_that_works_would() -> None:
    assert _refusal(values.gateway()) is None


def test_one_that_is_not_there() -> None:
    assert _refusal(None) == "there is no Gateway kserve/gw"


def test_one_that_waits_for_an_address_says_so() -> None:
    waiting = values.said("Programmed", values.FALSE, reason="AddressNotAssigned", message="no address yet")
    gateway = values.gateway(conditions=[values.said("Accepted"), waiting])
    assert _refusal(gateway) == (
        "the Gateway kserve/gw is not programmed (AddressNotAssigned: no address yet)"
    )


def test_one_without_a_controller_is_not_accepted() -> None:
    assert _refusal(values.gateway(conditions=[])) == "the Gateway kserve/gw is not accepted"


def test_one_for_tcp_alone() -> None:
    refused = _refusal(values.gateway(values.listener(protocol="TCP")))
    assert refused == "the Gateway kserve/gw has no listener for HTTP"


def test_its_own_namespace_alone_is_what_a_listener_lets_in_by_itself() -> None:
    refused = _refusal(values.gateway(values.listener(allowedRoutes={})))
    assert refused == "no listener of the Gateway kserve/gw lets routes of the namespace shop in"


def test_other_kinds_of_routes_are_not_ours() -> None:
    grpc = values.listener(allowedRoutes={"namespaces": {"from": "All"}, "kinds": [{"kind": "GRPCRoute"}]})
    assert _refusal(values.gateway(grpc)) is not None


@pytest.mark.parametrize(
    ("selector", "fits"),
    [
        ({"matchLabels": {"team": "shop"}}, True),
        ({"matchLabels": {"team": "bank"}}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "In", "values": ["gold", "silver"]}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["gold"]}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}, False),
    ],
)
def test_a_listener_may_select_namespaces_by_their_labels(selector: dict[str, Any], *, fits: bool) -> None:
    assert _lets_in(_LABELS, **{"from": "Selector", "selector": selector}) is fits


def test_labels_that_may_not_be_read_are_not_held_against_it() -> None:
    assert _lets_in(None, **{"from": "Selector", "selector": {"matchLabels": {"team": "bank"}}})


@pytest.mark.parametrize(
    ("hostname", "fits"),
    [
        ("*.example.com", True),
        ("*.com", True),
        (HOST, True),
        ("*.example.org", False),
        ("example.com", False),
    ],
)
def test_a_listener_may_take_some_hosts_only(hostname: str, *, fits: bool) -> None:
    refused = _refusal(values.gateway(values.listener(hostname=hostname)))
    assert (refused is None) is fits
    assert fits or hostname in str(refused)


def test_requests_take_the_listener_without_tls_that_lets_them_in() -> None:
    closed = values.listener(name="closed", port=81, allowedRoutes={})
    secure = values.listener(name="secure", port=443, protocol="HTTPS")
    gateway = values.gateway(closed, secure, values.listener())
    assert listener(gateway, NAMESPACE, HOST) == values.listener()
    assert listener(values.gateway(closed, secure), NAMESPACE, HOST) == secure
    assert listener(values.gateway(closed), NAMESPACE, HOST) is None


def test_an_address_outside_has_the_port_of_the_listener_or_of_the_nodes() -> None:
    gateway, one = values.gateway(addresses=("10.0.0.7", "gw.example.com")), values.listener(port=8080)
    assert outside(gateway, None, one) == [
        Door("http", "10.0.0.7", 8080),
        Door("http", "gw.example.com", 8080),
    ]
    nodes = values.service("NodePort", port=8080, nodePort=30080)
    assert outside(gateway, nodes, one)[0] == Door("http", "10.0.0.7", 30080)
    assert outside(values.gateway(addresses=()), None, one) == []
