"""The Gateway that requests come through: where it is reached, and whom it lets in. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from platformctl.adapters.cluster.api.objects import at, condition, entries, mapping, name, number, text
from platformctl.adapters.cluster.traffic.acceptance import because
from platformctl.adapters.cluster.traffic.doors import Door, service_port
from platformctl.domain.cluster import Gateway
from platformctl.domain.manifests import Manifest

Listener = Mapping[str, Any]

_SCHEMES = {"HTTP": "http", "HTTPS": "https"}


def refusal(
    gateway: Manifest | None, wanted: Gateway, namespace: str, labels: Mapping[str, str] | None, host: str
) -> str | None:
    """Say why a Gateway would not serve our routes, in words; None: it would.

    Args:
        gateway: As it is now; None: it is not there.
        wanted: What it is called.
        namespace: Of our routes.
        labels: Of that namespace; None: they may not be read.
        host: Of a deployment.
    """
    if gateway is None:
        return f"there is no Gateway {wanted}"
    for kind in ("Accepted", "Programmed"):
        said = condition(gateway, kind)
        if text(said, "status") != "True":
            return f"the Gateway {wanted} is not {kind.lower()}{because(said)}"
    listeners = _listeners(gateway)
    if not listeners:
        return f"the Gateway {wanted} has no listener for HTTP"
    allowed = [one for one in listeners if _lets_in(one, wanted.namespace, namespace, labels)]
    if not allowed:
        return f"no listener of the Gateway {wanted} lets routes of the namespace {namespace} in"
    if not any(_takes(one, host) for one in allowed):
        hosts = ", ".join(sorted({text(one, "hostname") for one in allowed}))
        return f"no listener of the Gateway {wanted} takes the host {host}; they take: {hosts}"
    return None


def listener(gateway: Manifest, namespace: str, host: str) -> Listener | None:
    """The listener at which a host of our namespace is asked: one without TLS, if there is one."""
    own = text(gateway, "metadata", "namespace")
    fitting = [
        one for one in _listeners(gateway) if _takes(one, host) and _lets_in(one, own, namespace, None)
    ]
    return min(fitting, key=scheme, default=None)


def outside(gateway: Manifest, service: Manifest | None, listener: Listener) -> Sequence[Door]:
    """Where clients outside the cluster may reach it.

    Args:
        gateway: The Gateway.
        service: In front of its proxies, if it is known: a NodePort is at another port.
        listener: Which of its listeners.
    """
    port = number(listener, "port") or 0
    if service is not None and text(service, "spec", "type") == "NodePort":
        port = number(service_port(service, port), "nodePort") or port
    addresses = (text(one, "value") for one in entries(gateway, "status", "addresses"))
    return [Door(scheme(listener), address, port) for address in addresses if address]


def scheme(listener: Listener) -> str:
    """How it is spoken to."""
    return _SCHEMES[text(listener, "protocol")]


def selectors(gateway: Manifest) -> Iterator[tuple[str, str]]:
    """The labels by which implementations mark a Gateway's Service, and the namespace to look in; "": all.

    The last is Gateway API's own (GEP-1762); the others are Envoy Gateway's, whose proxies are elsewhere.
    """
    own, namespace = name(gateway), text(gateway, "metadata", "namespace")
    envoy = "gateway.envoyproxy.io/owning-gateway"
    yield f"{envoy}-name={own},{envoy}-namespace={namespace}", ""
    yield f"{envoy}class={text(gateway, 'spec', 'gatewayClassName')}", ""
    yield f"gateway.networking.k8s.io/gateway-name={own}", namespace


def _listeners(gateway: Manifest) -> Sequence[Listener]:
    """Those for HTTP, with TLS or without."""
    return [one for one in entries(gateway, "spec", "listeners") if text(one, "protocol") in _SCHEMES]


def _takes(listener: Listener, host: str) -> bool:
    """Whether a host is one of the listener's: the same, or below its wildcard."""
    pattern = text(listener, "hostname") or host
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else pattern == host


def _lets_in(listener: Listener, own: str, namespace: str, labels: Mapping[str, str] | None) -> bool:
    """Whether routes of a namespace may use a listener. What cannot be known counts as yes."""
    kinds = [text(one, "kind") for one in entries(listener, "allowedRoutes", "kinds")]
    if kinds and "HTTPRoute" not in kinds:
        return False
    rule = mapping(listener, "allowedRoutes", "namespaces")
    match text(rule, "from"):
        case "All":
            return True
        case "Selector":
            return labels is None or _selects(mapping(rule, "selector"), labels)
        case "None":
            return False
        case _:
            return namespace == own


def _selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a label selector of Kubernetes matches."""
    wanted = mapping(selector, "matchLabels").items()
    return all(labels.get(key) == value for key, value in wanted) and all(
        _holds(one, labels) for one in entries(selector, "matchExpressions")
    )


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = text(expression, "key"), at(expression, "values") or ()
    holds = {
        "In": labels.get(key) in values,
        "NotIn": labels.get(key) not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }
    return holds.get(text(expression, "operator"), True)
