"""What is asked about pods that are not well, beside their own status: events, and the ends of logs."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from platformctl.adapters.cluster.api import kinds, objects
from platformctl.adapters.cluster.api.client import Api, Reply
from platformctl.adapters.cluster.api.transport import Query
from platformctl.adapters.cluster.observing import servers
from platformctl.adapters.cluster.observing.causes import events, pods
from platformctl.adapters.cluster.observing.causes.pods import Evidence
from platformctl.domain.errors import Unreachable
from platformctl.domain.manifests import Manifest

MOST_EXAMINED = 4
"""Pods that are not well and are looked at more closely: the others mostly have the same."""

_LINES = 40
_EVENTS = 50
_TIMEOUT = 3.0
_OK = 200


def examined(
    api: Api, found: Iterable[Manifest], now: datetime, pool: ThreadPoolExecutor
) -> Mapping[str, Evidence]:
    """What is known of those pods that are not well, by their uid."""
    unwell = [pod for pod in found if pods.wanted(pod, now)][:MOST_EXAMINED]
    known = pool.map(lambda pod: _evidence(api, pod, now), unwell)
    return dict(zip(map(objects.uid, unwell), known, strict=True))


def _evidence(api: Api, pod: Manifest, now: datetime) -> Evidence:
    """What else can be known of a pod. What we may not ask is left out: the status has to do then."""
    wanted = pods.wanted(pod, now)
    logs = {
        container: _log(api, pod, container, previous=before) for container, before in wanted.logs.items()
    }
    return Evidence(_events(api, pod) if wanted.events else (), logs)


def _events(api: Api, pod: Manifest) -> tuple[str, ...]:
    query = [("fieldSelector", f"involvedObject.uid={objects.uid(pod)}"), ("limit", str(_EVENTS))]
    reply = _reply(api, kinds.EVENT.path(api.namespace), query)
    return events.lines(objects.entries(servers.json_of(reply), "items")) if reply else ()


def _log(api: Api, pod: Manifest, container: str, *, previous: bool) -> Sequence[str]:
    path = f"{kinds.POD.path(api.namespace, objects.name(pod))}/log"
    query = [("container", container), ("tailLines", str(_LINES)), ("previous", str(previous).lower())]
    reply = _reply(api, path, query)
    return reply.body.decode(errors="replace").splitlines() if reply and reply.status == _OK else []


def _reply(api: Api, path: str, query: Query) -> Reply | None:
    """What is said; None if nothing is in time: a node that is lost has its logs with it."""
    try:
        return api.raw("GET", path, query=query, timeout=_TIMEOUT)
    except Unreachable:
        return None
