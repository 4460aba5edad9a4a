"""How the revisions of a deployment are: what is asked of the cluster for that, and how often.

Two lists, a third where something scales by itself, and the Deployments where the pods are not those that
should be there; what is the matter with pods that are not well, of a few of them; and once in a pod's life
what serves in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

from platformctl.adapters.cluster.api import kinds, objects
from platformctl.adapters.cluster.api.client import Api, Reply
from platformctl.adapters.cluster.api.transport import Query
from platformctl.adapters.cluster.observing import scaling, servers, statuses
from platformctl.adapters.cluster.observing.causes import events, pods
from platformctl.adapters.cluster.observing.causes.pods import Evidence
from platformctl.adapters.cluster.observing.listed_pods import ListedPods
from platformctl.adapters.cluster.observing.statuses import Seen, Told
from platformctl.domain.errors import Unreachable
from platformctl.domain.manifests import DEPLOYMENT, REVISION, Manifest
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import RevisionStatus

_MOST_EXAMINED = 4
"""Pods that are not well and are looked at more closely: the others mostly have the same."""

_LINES = 40
_EVENTS = 50
_TIMEOUT = 3.0
_OK = 200


def revisions(
    api: Api, name: Name, now: datetime, listed: ListedPods | None = None
) -> Mapping[RevisionId, RevisionStatus]:
    """How the live revisions of a deployment are.

    Args:
        api: The cluster.
        name: The deployment.
        now: The time, in UTC.
        listed: Who lists pods, and lets others know.

    Raises:
        Unreachable: The cluster does not answer, or does not let us look.
        Refused: It has no KServe.
    """
    seen = _listed(api, name, listed or ListedPods(api))
    if not seen:
        return {}
    with ThreadPoolExecutor(len(seen) + _MOST_EXAMINED) as pool:
        told = pool.map(lambda one: _told(api, one), seen)
        evidence = _examined(api, seen, now, pool)
        return {
            RevisionId(objects.name(one.service)): statuses.status(replace(one, evidence=evidence), says, now)
            for one, says in zip(seen, told, strict=True)
        }


def look(api: Api, name: Name, now: datetime) -> Sequence[Seen]:
    """The objects of each live revision, and what else is known of pods that are not well."""
    seen = _listed(api, name, ListedPods(api))
    with ThreadPoolExecutor(_MOST_EXAMINED) as pool:
        evidence = _examined(api, seen, now, pool)
    return [replace(one, evidence=evidence) for one in seen]


def _listed(api: Api, name: Name, listed: ListedPods) -> Sequence[Seen]:
    selector = f"{DEPLOYMENT}={name}"
    with ThreadPoolExecutor(2) as pool:
        finding = pool.submit(listed.now, name)
        services = api.list(kinds.INFERENCE_SERVICE, selector)
        found = finding.result()
    scaled = any(map(scaling.scales, services))
    autoscalers = api.list(kinds.AUTOSCALER, selector) if scaled else []
    seen = [Seen(service, (), _of(service, found), _of(service, autoscalers)) for service in services]
    if all(map(statuses.is_at_rest, seen)):
        return seen
    deployments = api.list(kinds.DEPLOYMENT, selector)
    return [replace(one, deployments=_of(one.service, deployments)) for one in seen]


def _of(service: Manifest, found: Iterable[Manifest]) -> Sequence[Manifest]:
    revision = objects.label(service, REVISION)
    return [one for one in found if objects.label(one, REVISION) == revision]


def _examined(
    api: Api, seen: Iterable[Seen], now: datetime, pool: ThreadPoolExecutor
) -> Mapping[str, Evidence]:
    """What is known of pods that are not well, by their uid."""
    unwell = [pod for one in seen for pod in one.pods if pods.wanted(pod, now)][:_MOST_EXAMINED]
    found = pool.map(lambda pod: _evidence(api, pod, now), unwell)
    return dict(zip(map(objects.uid, unwell), found, strict=True))


def _told(api: Api, seen: Seen) -> Told:
    """What the servers of a revision say, of one pod of each of its parts."""
    entry = statuses.entry(seen.service)
    ready = {part.name: next(filter(pods.is_ready, part.pods), None) for part in statuses.components(seen)}
    model, first = ready[statuses.PREDICTOR], ready[entry]
    return Told(
        serving=servers.serving(api, model) if model else None,
        lacks=servers.lacks(api, first) if first else (),
    )


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
