"""Objects as a cluster has them."""

from collections.abc import Mapping
from typing import Any

from platformctl.domain.cluster import Gateway
from platformctl.domain.manifests import Manifest

GATEWAY = Gateway("kserve", "gw")
NAMESPACE = "shop"
HOST = "churn-shop.example.com"
TRUE, FALSE = "True", "False"


def said(kind: str, status: str = TRUE, *, generation: int = 1, **more: str) -> dict[str, Any]:
    """A condition."""
    return {"type": kind, "status": status, "observedGeneration": generation, **more}


def listener(**changed: Any) -> dict[str, Any]:
    """A listener for HTTP that lets everybody in."""
    everybody = {"namespaces": {"from": "All"}}
    return {"name": "http", "port": 80, "protocol": "HTTP", "allowedRoutes": everybody, **changed}


def gateway(
    *listeners: Mapping[str, Any], addresses: tuple[str, ...] = ("10.0.0.7",), **more: Any
) -> Manifest:
    """A Gateway that works."""
    return {
        "metadata": {"name": GATEWAY.name, "namespace": GATEWAY.namespace},
        "spec": {"gatewayClassName": "eg", "listeners": list(listeners) or [listener()]},
        "status": {
            "addresses": [{"type": "IPAddress", "value": address} for address in addresses],
            "conditions": [said("Accepted"), said("Programmed")],
            **more,
        },
    }


def service(kind: str = "ClusterIP", **port: Any) -> Manifest:
    """The Service in front of its proxies."""
    ports = [{"port": 80, "targetPort": 10080, **port}]
    metadata = {"name": "envoy-gw", "namespace": "envoys"}
    return {"metadata": metadata, "spec": {"type": kind, "ports": ports, "selector": {"app": "envoy"}}}


def route(*conditions: Mapping[str, Any], generation: int = 1) -> Manifest:
    """An HTTPRoute of which the Gateway has said something."""
    parent = {"parentRef": {"name": GATEWAY.name, "namespace": GATEWAY.namespace}, "conditions": conditions}
    return {
        "metadata": {"name": "churn", "namespace": NAMESPACE, "generation": generation},
        "spec": {"hostnames": [HOST], "rules": []},
        "status": {"parents": [{**parent, "conditions": list(conditions)}] if conditions else []},
    }
