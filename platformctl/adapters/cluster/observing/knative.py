"""How the revisions of a deployment in Knative mode are: what is asked for that, and how often.

The InferenceService and two lists at once, a third list where something scales by resources; what is the
matter with pods that are not well, of a few of them; and once in a pod's life what serves in it. Deployments
are not asked: Knative's revisions say what those would.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime

from platformctl.adapters.cluster.api import kinds, objects
from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.observing import evidence, knative_scaling, knative_statuses, servers
from platformctl.adapters.cluster.observing.causes import pods
from platformctl.adapters.cluster.observing.evidence import MOST_EXAMINED
from platformctl.adapters.cluster.observing.knative_statuses import Seen
from platformctl.adapters.cluster.observing.listed_pods import ListedPods
from platformctl.adapters.cluster.observing.parts import Told
from platformctl.domain.manifests import DEPLOYMENT, REVISION, Manifest
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import RevisionStatus


@dataclass(frozen=True)
class Knative:
    """A deployment in Knative mode.

    Args:
        service: Its InferenceService; None: there is none.
        backing: Knative's revisions that are not being deleted, by what they are of, newest first.
        statuses: How each revision is: those that Knative has one of, and the template's.
        stuck: Why the newest of Knative's will not get ready, also where an older one of the same goes on
            serving.
    """

    service: Manifest | None = None
    backing: Mapping[RevisionId, Sequence[Manifest]] = field(default_factory=dict)
    statuses: Mapping[RevisionId, RevisionStatus] = field(default_factory=dict)
    stuck: Mapping[RevisionId, str] = field(default_factory=dict)


def revisions(api: Api, name: Name, now: datetime, listed: ListedPods | None = None) -> Knative:
    """How the live revisions of a deployment are.

    Args:
        api: The cluster.
        name: The deployment, and its InferenceService.
        now: The time, in UTC.
        listed: Who lists pods, and lets others know.

    Raises:
        Unreachable: The cluster does not answer, or does not let us look.
        Refused: It has no KServe, or no Knative.
    """
    service, found = _listed(api, name, listed or ListedPods(api))
    with ThreadPoolExecutor(len(found) + MOST_EXAMINED) as pool:
        says = pool.map(lambda one: _told(api, one), found.values())
        examined = evidence.examined(api, _pods(found.values()), now, pool)
        seen = {revision: replace(one, evidence=examined) for revision, one in found.items()}
        told = dict(zip(found, says, strict=True))
    return Knative(
        service=service,
        backing={revision: one.backing for revision, one in seen.items() if one.backing},
        statuses={
            revision: knative_statuses.status(one, told[revision], now) for revision, one in seen.items()
        },
        stuck={revision: why for revision, one in seen.items() if (why := knative_statuses.stuck(one, now))},
    )


def look(api: Api, name: Name, now: datetime) -> Mapping[RevisionId, Seen]:
    """The objects of each live revision, and what else is known of pods that are not well."""
    _, found = _listed(api, name, ListedPods(api))
    with ThreadPoolExecutor(MOST_EXAMINED) as pool:
        examined = evidence.examined(api, _pods(found.values()), now, pool)
    return {revision: replace(one, evidence=examined) for revision, one in found.items()}


def _listed(api: Api, name: Name, listed: ListedPods) -> tuple[Manifest | None, Mapping[RevisionId, Seen]]:
    selector = f"{DEPLOYMENT}={name}"
    with ThreadPoolExecutor(3) as pool:
        reading = pool.submit(api.get, kinds.INFERENCE_SERVICE, name)
        listing = pool.submit(listed.now, name)
        made = [one for one in api.list(kinds.KNATIVE_REVISION, selector) if not objects.is_leaving(one)]
        service, found = reading.result(), listing.result()
    scaled = any(map(knative_scaling.by_resources, made))
    autoscalers = api.list(kinds.AUTOSCALER, selector) if scaled else []
    template = knative_statuses.template(service)
    live = [*([template] if template else []), *map(_whose, made)]
    return service, {
        revision: Seen(
            service=service if revision == template else None,
            backing=knative_statuses.newest_first(_of(revision, made)),
            pods=_of(revision, found),
            autoscalers=_of(revision, autoscalers),
        )
        for revision in dict.fromkeys(live)
        if revision
    }


def _whose(thing: Manifest) -> RevisionId:
    return RevisionId(objects.label(thing, REVISION))


def _of(revision: RevisionId, found: Iterable[Manifest]) -> list[Manifest]:
    return [one for one in found if _whose(one) == revision]


def _pods(seen: Iterable[Seen]) -> list[Manifest]:
    """Those of the newest of Knative's revisions first: it is the one that has to get ready."""
    return [pod for one in seen for part in knative_statuses.components(one) for pod in part.pods]


def _told(api: Api, seen: Seen) -> Told:
    """What the server in one of its pods says."""
    found = (pod for part in knative_statuses.components(seen) for pod in part.pods)
    ready = next(filter(pods.is_ready, found), None)
    return Told(servers.serving(api, ready), servers.lacks(api, ready)) if ready else Told()
