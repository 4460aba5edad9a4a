"""How the revisions of a deployment are: what is asked of the cluster for that, and how often.

Three lists, a fourth where something scales by itself; what is the matter with pods that are not well, of a
few of them; and once in a pod's life what serves in it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from platformctl.adapters.cluster import kinds, objects, scaling, servers, statuses
from platformctl.adapters.cluster.api import Api
from platformctl.adapters.cluster.causes import events, pods
from platformctl.adapters.cluster.causes.pods import Evidence
from platformctl.adapters.cluster.kinds import Kind
from platformctl.adapters.cluster.statuses import Seen, Told
from platformctl.domain.manifests import DEPLOYMENT, REVISION, Manifest
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import RevisionStatus

_MOST_EXAMINED = 4
"""Pods that are not well and are looked at more closely: the others mostly have the same."""

_LINES = 40
_EVENTS = 50
_TIMEOUT = 3.0
_OK = 200

Work = Callable[[], object]


def revisions(api: Api, name: Name, now: datetime) -> Mapping[RevisionId, RevisionStatus]:
    """How the live revisions of a deployment are.

    Args:
        api: The cluster.
        name: The deployment.
        now: The time, in UTC.

    Raises:
        Unreachable: The cluster does not answer, or does not let us look.
        Refused: It has no KServe.
    """
    selector = f"{DEPLOYMENT}={name}"
    with ThreadPoolExecutor(len(_KINDS)) as pool:
        services, deployments, found = pool.map(lambda kind: api.list(kind, selector), _KINDS)
    scaled = any(map(scaling.scales, services))
    autoscalers = api.list(kinds.AUTOSCALER, selector) if scaled else []
    seen = [
        Seen(
            service,
            _of(service, deployments),
            _of(service, found),
            _of(service, autoscalers),
        )
        for service in services
    ]
    return _asked(api, seen, now)


_KINDS = (kinds.INFERENCE_SERVICE, kinds.DEPLOYMENT, kinds.POD)


def _of(service: Manifest, found: Iterable[Manifest]) -> Sequence[Manifest]:
    revision = objects.label(service, REVISION)
    return [one for one in found if objects.label(one, REVISION) == revision]


def _asked(api: Api, seen: Sequence[Seen], now: datetime) -> Mapping[RevisionId, RevisionStatus]:
    """The statuses, with what pods themselves have to say."""
    unwell = [pod for one in seen for pod in one.pods if pods.wanted(pod, now)][:_MOST_EXAMINED]
    if not seen:
        return {}
    with ThreadPoolExecutor(len(seen) + _MOST_EXAMINED) as pool:
        told = pool.map(lambda one: _told(api, one), seen)
        evidence = dict(
            zip(map(objects.uid, unwell), pool.map(lambda pod: _evidence(api, pod, now), unwell), strict=True)
        )
        return {
            RevisionId(objects.name(one.service)): statuses.status(_with(one, evidence), says, now)
            for one, says in zip(seen, told, strict=True)
        }


def _with(seen: Seen, evidence: Mapping[str, Evidence]) -> Seen:
    return Seen(seen.service, seen.deployments, seen.pods, seen.autoscalers, evidence)


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
    found = servers.json_of(api.raw("GET", kinds.EVENT.path(api.namespace), query=query, timeout=_TIMEOUT))
    return events.lines(objects.entries(found, "items"))


def _log(api: Api, pod: Manifest, container: str, *, previous: bool) -> Sequence[str]:
    path = _path(api, kinds.POD, pod) + "/log"
    query = [("container", container), ("tailLines", str(_LINES)), ("previous", str(previous).lower())]
    reply = api.raw("GET", path, query=query, timeout=_TIMEOUT)
    return reply.body.decode(errors="replace").splitlines() if reply.status == _OK else []


def _path(api: Api, kind: Kind, thing: Manifest) -> str:
    return kind.path(api.namespace, objects.name(thing))
