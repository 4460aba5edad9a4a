"""What a pod's server says of itself, asked through the API server; once in the pod's life.

A pod serves one revision as long as it is there, so what it once said stays true.
"""

import json
from functools import lru_cache
from typing import Any

from platformctl.adapters.cluster.api import kinds, objects
from platformctl.adapters.cluster.api.client import Api, Reply
from platformctl.domain import about
from platformctl.domain.errors import PlatformctlError
from platformctl.domain.manifests import Manifest
from platformctl.domain.observed import Serving

_TIMEOUT = 1.0
_OK, _SERVER_ERROR = 200, 500
_CONTAINERS = ("transformer-container", "kserve-container")
_PORT = 8080
_METRIC = b"platformctl_requests_total"
_HEADER = "x-platformctl-revision"

NO_METRICS = "no metrics (platformctl_requests_total): its requests and errors are not counted"
NO_HEADER = f"no header {_HEADER}: an answer does not say which revision gave it"


class _NotNowError(Exception):
    """It did not answer; another time it may."""


def serving(api: Api, pod: Manifest) -> Serving | None:
    """What serves in a pod that is ready, and why; None if it does not say."""
    try:
        return about.parse(_page(api, *_where(pod), about.PATH).body)
    except (_NotNowError, PlatformctlError):
        return None


def lacks(api: Api, pod: Manifest) -> tuple[str, ...]:
    """What the server in a pod that is ready does not have, in words."""
    try:
        page = _page(api, *_where(pod), about.PATH)
        if about.parse(page.body) is not None:
            return ()
        metrics = _page(api, *_where(pod), "/metrics")
    except (_NotNowError, PlatformctlError):
        return ()
    counts = metrics.status == _OK and _METRIC in metrics.body
    names = _HEADER in page.headers
    return (*(() if counts else (NO_METRICS,)), *(() if names else (NO_HEADER,)))


def json_of(reply: Reply) -> Any:  # any JSON
    """What a reply says; None if it failed, or is no JSON."""
    return _parsed(reply) if reply.status == _OK else None


def _parsed(reply: Reply) -> Any:  # any JSON
    try:
        return json.loads(reply.body)
    except ValueError:
        return None


def _is_of_the_api(reply: Reply) -> bool:
    """Whether the API server answers itself, as where we may not ask pods."""
    return reply.status != _OK and objects.text(_parsed(reply), "kind") == "Status"


def port(pod: Manifest) -> int:
    """Where the container that callers reach listens."""
    containers = {objects.text(one, "name"): one for one in objects.entries(pod, "spec", "containers")}
    for name in _CONTAINERS:
        if name in containers:
            ports = objects.entries(containers[name], "ports")
            return next((found for one in ports if (found := objects.number(one, "containerPort"))), _PORT)
    return _PORT


def _where(pod: Manifest) -> tuple[str, str, str]:
    path = kinds.POD.path(objects.text(pod, "metadata", "namespace"), f"{objects.name(pod)}:{port(pod)}")
    return path, objects.uid(pod), str(objects.number(pod, "metadata", "generation") or 0)


@lru_cache(maxsize=256)
def _page(api: Api, path: str, uid: str, generation: str, page: str) -> Reply:
    """A page of a server. Only replies of the server itself are kept."""
    del uid, generation
    reply = api.raw("GET", f"{path}/proxy{page}", timeout=_TIMEOUT)
    if reply.status >= _SERVER_ERROR or _is_of_the_api(reply):
        raise _NotNowError
    return reply
