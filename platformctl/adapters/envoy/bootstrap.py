"""What Envoy starts with: its address, its admin socket, its statistics. Pure.

Source: https://www.envoyproxy.io/docs/envoy/v1.40.0/api-v3/config/bootstrap/v3/bootstrap.proto
"""

from pathlib import Path

from platformctl.adapters.envoy.clusters import Json, watched_file
from platformctl.adapters.envoy.routes import ROUTES
from platformctl.adapters.envoy.statistics import stats_config

_MANAGER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
_ROUTER = "envoy.extensions.filters.http.router.v3.Router"
_LIMIT = "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig"
_MAX_CONNECTIONS = 50_000
_HEADERS_TIMEOUT_SECONDS = 10
_OWNER_ONLY = 0o600


def bootstrap(host: str, port: int, admin: Path, clusters: Path, routes: Path) -> Json:
    """Render the bootstrap configuration.

    Args:
        host: The address that the listener binds.
        port: Its port.
        admin: Where the admin interface's unix socket will be.
        clusters: The file that cluster discovery watches.
        routes: The file that route discovery watches.
    """
    return {
        "node": {"id": "platformctl", "cluster": "platformctl"},
        "admin": {"address": {"pipe": {"path": str(admin), "mode": _OWNER_ONLY}}},
        "stats_config": stats_config(),
        "stats_flush_on_admin": True,
        "overload_manager": {"resource_monitors": [_connection_limit()]},
        "dynamic_resources": {"cds_config": watched_file(clusters)},
        "static_resources": {"listeners": [_listener(host, port, routes)]},
    }


def _listener(host: str, port: int, routes: Path) -> Json:
    return {
        "name": "stable-address",
        "address": {"socket_address": {"address": host, "port_value": port}},
        # With it two Envoys would share a port in silence; a taken port must be an error.
        "enable_reuse_port": False,
        "filter_chains": [{"filters": [_typed("http_connection_manager", _MANAGER, **_manager(routes))]}],
    }


def _manager(routes: Path) -> Json:
    return {
        "stat_prefix": "router",
        "rds": {"route_config_name": ROUTES, "config_source": watched_file(routes)},
        "use_remote_address": True,
        "normalize_path": True,
        "server_header_transformation": "PASS_THROUGH",
        "request_headers_timeout": f"{_HEADERS_TIMEOUT_SECONDS}s",
        "local_reply_config": {"mappers": [_own_errors_in_json()]},
        "http_filters": [_typed("envoy.filters.http.router", _ROUTER, suppress_envoy_headers=True)],
    }


def _own_errors_in_json() -> Json:
    """Envoy's own errors have a response flag (no connection, a timeout); direct responses have none."""
    return {
        "filter": {"response_flag_filter": {}},
        "body_format_override": {"json_format": {"error": "%LOCAL_REPLY_BODY%"}},
    }


def _connection_limit() -> Json:
    name = "envoy.resource_monitors.global_downstream_max_connections"
    return _typed(name, _LIMIT, max_active_downstream_connections=_MAX_CONNECTIONS)


def _typed(name: str, message: str, **fields: object) -> Json:
    return {"name": name, "typed_config": {"@type": f"type.googleapis.com/{message}", **fields}}
