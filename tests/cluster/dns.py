"""CoreDNS, beside the API server: a Service without pods, whose one endpoint is the node."""

import json
from collections.abc import Mapping
from pathlib import Path

from tests.cluster.certificates import Authority
from tests.cluster.control_plane import kubeconfig
from tests.cluster.places import DNS_SERVICE, DOMAIN, NODE
from tests.cluster.processes import Namespaces, Running

_COREFILE = """
.:53 {{
    bind {node}
    errors
    ready {node}:8181
    kubernetes {domain} in-addr.arpa {{
        kubeconfig {kubeconfig}
        ttl 5
    }}
}}
"""
_PORTS = [("dns", "UDP"), ("dns-tcp", "TCP")]
_METADATA = {"name": "kube-dns", "namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}}


def manifests() -> str:
    """What the cluster has to know of it, as JSON."""
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _METADATA,
        "spec": {
            "clusterIP": DNS_SERVICE,
            "ports": [{"name": name, "port": 53, "protocol": protocol} for name, protocol in _PORTS],
        },
    }
    endpoints = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {**_METADATA, "labels": {"kubernetes.io/service-name": "kube-dns"}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [NODE], "conditions": {"ready": True}}],
        "ports": [{"name": name, "port": 53, "protocol": protocol} for name, protocol in _PORTS],
    }
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": [service, endpoints]})


def start(namespaces: Namespaces, programs: Mapping[str, Path], authority: Authority, state: Path) -> Running:
    """Start it; the API server must be ready."""
    pair = authority.issue("coredns", groups=["system:masters"])
    access = kubeconfig(state / "coredns.kubeconfig", pair, authority)
    file = state / "Corefile"
    file.write_text(_COREFILE.format(node=NODE, domain=DOMAIN, kubeconfig=access).lstrip())
    return namespaces.start("coredns", [programs["coredns"], "-conf", file])
