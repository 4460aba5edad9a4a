"""How the revisions of a deployment in Standard mode are: what is asked for that, and how often.

Two lists, a third where something scales by itself, and the Deployments where the pods are not those that
should be there; what is the matter with pods that are not well, of a few of them; and once in a pod's life
what serves in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

from platformctl.adapters.cluster.api import kinds, objects
from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.observing import evidence, scaling, servers, statuses
from platformctl.adapters.cluster.observing.causes import pods
from platformctl.adapters.cluster.observing.evidence import MOST_EXAMINED
from platformctl.adapters.cluster.observing.listed_pods import ListedPods
from platformctl.adapters.cluster.observing.parts import Told
from platformctl.adapters.cluster.observing.statuses import Seen
from platformctl.domain.manifests import DEPLOYMENT, REVISION, Manifest
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import RevisionStatus


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
    with ThreadPoolExecutor(len(seen) + MOST_EXAMINED) as pool:
        told = pool.map(lambda one: _told(api, one), seen)
        examined = evidence.examined(api, _pods(seen), now, pool)
        return {
            RevisionId(objects.name(one.service)): statuses.status(replace(one, evidence=examined), says, now)
            for one, says in zip(seen, told, strict=True)
        }


def look(api: Api, name: Name, now: datetime) -> Sequence[Seen]:
    """The objects of each live revision, and what else is known of pods that are not well."""
    seen = _listed(api, name, ListedPods(api))
    with ThreadPoolExecutor(MOST_EXAMINED) as pool:
        examined = evidence.examined(api, _pods(seen), now, pool)
    return [replace(one, evidence=examined) for one in seen]


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


def _pods(seen: Iterable[Seen]) -> list[Manifest]:
    return [pod for one in seen for pod in one.pods]


def _told(api: Api, seen: Seen) -> Told:
    """What the servers of a revision say, of one pod of each of its parts."""
    entry = statuses.entry(seen.service)
    ready = {part.name: next(filter(pods.is_ready, part.pods), None) for part in statuses.components(seen)}
    model, first = ready[statuses.PREDICTOR], ready[entry]
    return Told(
        serving=servers.serving(api, model) if model else None,
        lacks=servers.lacks(api, first) if first else (),
    )
