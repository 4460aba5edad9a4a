"""Revisions as Envoy clusters. Pure.

Source: https://www.envoyproxy.io/docs/envoy/v1.40.0/api-v3/config/cluster/v3/cluster.proto
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from platformctl.adapters.envoy.table import Backend

Json = Mapping[str, Any]
"""A JSON object: Envoy's configuration in the JSON form of its protocol buffers."""

CONNECT_TIMEOUT_SECONDS = 1.0

# A server must never close a kept-alive connection first: a request sent at that moment is lost, and
# cannot be sent again safely. uvicorn closes after 5 s unless told otherwise.
IDLE_TIMEOUT_SECONDS = 4.0

_UNLIMITED = 65_536
_CLUSTER = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
_HTTP = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def cluster(backend: Backend) -> Json:
    """Render one revision: round robin over the unix sockets of its replicas."""
    return {
        "@type": _CLUSTER,
        "name": backend.revision,
        "type": "STATIC",
        "connect_timeout": f"{CONNECT_TIMEOUT_SECONDS}s",
        "lb_policy": "ROUND_ROBIN",
        # A server's queue is bounded in the server, where an overflow has a cause to show.
        "circuit_breakers": {
            "thresholds": [
                {
                    "max_connections": _UNLIMITED,
                    "max_pending_requests": _UNLIMITED,
                    "max_requests": _UNLIMITED,
                    "max_retries": _UNLIMITED,
                }
            ]
        },
        "typed_extension_protocol_options": {_HTTP: _http()},
        "load_assignment": {
            "cluster_name": backend.revision,
            "endpoints": [{"lb_endpoints": [_endpoint(socket) for socket in backend.sockets]}],
        },
    }


def discovery(clusters: Iterable[Json], version: str) -> Json:
    """Render the file that Envoy's cluster discovery reads; in a fixed order, for a stable file."""
    return {"version_info": version, "resources": sorted(clusters, key=lambda one: str(one["name"]))}


def sockets(cluster: Json) -> frozenset[str]:
    """The paths of the unix sockets of a rendered cluster."""
    groups = cluster["load_assignment"]["endpoints"]
    endpoints = [endpoint for group in groups for endpoint in group["lb_endpoints"]]
    return frozenset(endpoint["endpoint"]["address"]["pipe"]["path"] for endpoint in endpoints)


def _http() -> Json:
    return {
        "@type": f"type.googleapis.com/{_HTTP}",
        "explicit_http_config": {"http_protocol_options": {}},
        "common_http_protocol_options": {"idle_timeout": f"{IDLE_TIMEOUT_SECONDS}s"},
    }


def _endpoint(socket: Path) -> Json:
    return {"endpoint": {"address": {"pipe": {"path": str(socket)}}}}
