"""Deployments as one Envoy route configuration. Pure.

Source: https://www.envoyproxy.io/docs/envoy/v1.40.0/api-v3/config/route/v3/route_components.proto
"""

import hashlib
import json
from collections.abc import Iterator, Sequence

from platformctl.adapters.envoy.clusters import Json
from platformctl.adapters.envoy.table import Backend, Deployment, Table
from platformctl.domain.names import Name, RevisionId

ROUTES = "routes"
"""The name of the one route configuration."""

REVISION_HEADER = "x-platformctl-revision"
"""On a request: which live revision is to answer, whatever its weight. On an answer: who did."""

GENERATION_PATH = "/-/platformctl/generation"
"""Answers with what is served: `{"generation": 7, "digest": "3f9a1c…"}`."""

_ROUTES = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"
_PREVIOUS_HOSTS = "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"


def discovery(table: Table, timeout: float) -> Json:
    """Render the file that Envoy's route discovery reads.

    Args:
        table: What it is to do.
        timeout: Seconds until a request without a complete answer is a 504.
    """
    routes = [
        {"match": {"path": GENERATION_PATH}, **_says(200, **identity(table, timeout))},
        *_routes(table, timeout),
    ]
    host = {"name": "all", "domains": ["*"], "retry_policy": _retry_policy(), "routes": routes}
    configuration = {"@type": _ROUTES, "name": ROUTES, "virtual_hosts": [host]}
    return {"version_info": str(table.generation), "resources": [configuration]}


def identity(table: Table, timeout: float) -> Json:
    """What an Envoy that serves `table` says: its generation, and a digest over its routes.

    The digest tells two tables of one generation apart: one may have been written before a crash.
    """
    canonical = json.dumps(list(_routes(table, timeout)), sort_keys=True)
    return {"generation": table.generation, "digest": hashlib.sha256(canonical.encode()).hexdigest()}


def _routes(table: Table, timeout: float) -> Iterator[Json]:
    for deployment in table.deployments:
        yield from _deployment(deployment, f"{timeout}s")
    yield {"match": {"prefix": "/"}, **_unknown_path(table)}


def _deployment(deployment: Deployment, timeout: str) -> Iterator[Json]:
    unpinned = _split(deployment, timeout) if deployment.route.weights else _no_weight(deployment)
    for match in _matches(deployment.name):
        for backend in sorted(deployment.backends, key=lambda one: one.revision):
            yield {"match": _with_header(match, {"exact": backend.revision}), **_pinned(backend, timeout)}
        yield {"match": _with_header(match), **_unknown_revision(deployment)}
        yield {"match": match, **unpinned}


def _matches(name: Name) -> Sequence[Json]:
    """Exact paths: `churn` must never answer for `churn2`."""
    return (
        {"path": f"/v1/models/{name}:predict"},
        {"path": f"/v1/models/{name}"},
        {"path_separated_prefix": f"/v2/models/{name}"},
    )


def _with_header(match: Json, value: Json | None = None) -> Json:
    condition = {"string_match": value} if value else {"present_match": True}
    return {**match, "headers": [{"name": REVISION_HEADER, **condition}]}


def _pinned(backend: Backend, timeout: str) -> Json:
    return {
        "route": {"cluster": backend.revision, "timeout": timeout},
        "response_headers_to_add": [_answered_by(backend.revision)],
    }


def _split(deployment: Deployment, timeout: str) -> Json:
    clusters = [
        {"name": revision, "weight": weight, "response_headers_to_add": [_answered_by(revision)]}
        for revision, weight in sorted(deployment.route.weights.items())
    ]
    return {"route": {"weighted_clusters": {"clusters": clusters}, "timeout": timeout}}


def _answered_by(revision: RevisionId) -> Json:
    """On Envoy's own answers for a dead backend too; whatever the backend itself may claim."""
    return {
        "header": {"key": REVISION_HEADER, "value": revision},
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    }


def _retry_policy() -> Json:
    """Retry where no byte of the request has reached a server: a prediction need not be repeatable."""
    return {
        "retry_on": "connect-failure,refused-stream,reset-before-request",
        "num_retries": 2,
        "retry_back_off": {"base_interval": "0.005s", "max_interval": "0.020s"},
        "retry_host_predicate": [
            {
                "name": "envoy.retry_host_predicates.previous_hosts",
                "typed_config": {"@type": f"type.googleapis.com/{_PREVIOUS_HOSTS}"},
            }
        ],
        "host_selection_retry_max_attempts": "5",
    }


def _unknown_path(table: Table) -> Json:
    known = ", ".join(sorted(deployment.name for deployment in table.deployments)) or "none yet"
    return _says(
        404,
        error=f"no deployment answers at this path; deployments: {known}; "
        "paths: /v1/models/NAME:predict, /v1/models/NAME, /v2/models/NAME/...",
    )


def _unknown_revision(deployment: Deployment) -> Json:
    live = ", ".join(sorted(backend.revision for backend in deployment.backends)) or "none"
    return _says(
        404, error=f"{deployment.name} has no live revision of the name in {REVISION_HEADER}; live: {live}"
    )


def _no_weight(deployment: Deployment) -> Json:
    return _says(503, error=f"{deployment.name} serves nothing yet: none of its revisions has weight")


def _says(status: int, **body: object) -> Json:
    """An answer of the router's own, in JSON."""
    content_type = {"header": {"key": "content-type", "value": "application/json"}}
    return {
        "direct_response": {"status": status, "body": {"inline_string": json.dumps(body)}},
        "response_headers_to_add": [{**content_type, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}],
    }
