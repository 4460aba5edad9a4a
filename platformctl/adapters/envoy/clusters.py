"""Revisions as Envoy clusters, and their replicas as endpoints. Pure.

A cluster and its endpoints are configured apart: a cluster that is configured anew begins to count its
latencies anew, one whose replicas come and go does not.

Source: https://www.envoyproxy.io/docs/envoy/v1.40.0/api-v3/config/cluster/v3/cluster.proto
and config/endpoint/v3/endpoint.proto
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from platformctl.adapters.envoy.table import Backend
from platformctl.domain.names import RevisionId

Json = Mapping[str, Any]
"""A JSON object: Envoy's configuration in the JSON form of its protocol buffers."""

CONNECT_TIMEOUT_SECONDS = 1.0

# A server must never close a kept-alive connection first: a request sent at that moment is lost, and
# cannot be sent again safely. uvicorn closes after 5 s unless told otherwise.
IDLE_TIMEOUT_SECONDS = 4.0

_HEALTH_SECONDS = 0.5
_HEALTH_TIMEOUT_SECONDS = 1.0

_UNLIMITED = 65_536
_CLUSTER = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
_ENDPOINTS = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"
_HTTP = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def cluster(backend: Backend, endpoints: Path) -> Json:
    """Render one revision: round robin over its replicas, which are in the file `endpoints`."""
    revision = backend.revision
    return {
        "@type": _CLUSTER,
        "name": revision,
        "type": "EDS",
        "eds_cluster_config": {"eds_config": watched_file(endpoints)},
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
        **(_health(backend.ready, revision) if backend.ready else {}),
    }


def _health(path: str, revision: RevisionId) -> Json:
    """Ask each replica whether it can answer, and leave out those that cannot while another one can.

    Where none can (0 % are less than 1 %) each gets requests: their own answer says why.
    """
    interval = f"{_HEALTH_SECONDS}s"
    return {
        "health_checks": [
            {
                "timeout": f"{_HEALTH_TIMEOUT_SECONDS}s",
                "interval": interval,
                "no_traffic_interval": interval,  # a minute unless told otherwise
                "unhealthy_threshold": 3,  # without an answer; one that says no is believed at once
                "healthy_threshold": 1,
                "reuse_connection": False,  # a server that stops waits for the connections that it has
                "http_health_check": {"path": path, "host": revision},
            }
        ],
        "common_lb_config": {"healthy_panic_threshold": {"value": 1.0}},
        "ignore_health_on_host_removal": True,
    }


def endpoints(backend: Backend) -> Json:
    """Render the file that names the unix sockets of a revision's replicas."""
    replicas = [{"lb_endpoints": [_endpoint(socket) for socket in backend.sockets]}]
    return {"resources": [{"@type": _ENDPOINTS, "cluster_name": backend.revision, "endpoints": replicas}]}


def watched_file(path: Path) -> Json:
    """A file that is replaced by renaming: Envoy watches its folder for that."""
    return {
        "resource_api_version": "V3",
        "path_config_source": {"path": str(path), "watched_directory": {"path": str(path.parent)}},
    }


def discovery(clusters: Iterable[Json], version: str) -> Json:
    """Render the file that Envoy's cluster discovery reads; in a fixed order, for a stable file."""
    return {"version_info": version, "resources": sorted(clusters, key=lambda one: str(one["name"]))}


def _http() -> Json:
    return {
        "@type": f"type.googleapis.com/{_HTTP}",
        "explicit_http_config": {"http_protocol_options": {}},
        "common_http_protocol_options": {"idle_timeout": f"{IDLE_TIMEOUT_SECONDS}s"},
    }


def _endpoint(socket: Path) -> Json:
    return {"endpoint": {"address": {"pipe": {"path": str(socket)}}}}
