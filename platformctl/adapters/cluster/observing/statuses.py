"""How a revision is, from the objects that were seen of it. Pure.

Ready is what pods say, not InferenceServices: `Ready` of those stays true while all pods are replaced, and
their `observedGeneration` is that of their parts. Labels of an InferenceService are those of its Deployments
and pods from their creation on, so a pod that has the revision's label serves that revision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from platformctl.adapters.cluster.api import objects
from platformctl.adapters.cluster.observing import scaling
from platformctl.adapters.cluster.observing.causes import pods, services
from platformctl.adapters.cluster.observing.causes.cause import Cause
from platformctl.adapters.cluster.observing.causes.pods import Evidence
from platformctl.domain.manifests import Manifest
from platformctl.domain.observed import RevisionStatus, Serving

COMPONENT = "component"
"""KServe's label of Deployments and pods: predictor or transformer."""

PREDICTOR, TRANSFORMER = "predictor", "transformer"

_SHOWN = 3
_RECENT = 300.0


@dataclass(frozen=True)
class Told:
    """What the servers say of themselves.

    Args:
        serving: What serves; None: nobody was ready, or it does not say.
        lacks: What they do not have.
    """

    serving: Serving | None = None
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Seen:
    """The objects of one revision.

    Args:
        service: Its InferenceService.
        deployments: Those of its parts; none where it is at rest, and nobody has to ask.
        evidence: About pods that are not well, by their uid.
    """

    service: Manifest
    deployments: Sequence[Manifest] = ()
    pods: Sequence[Manifest] = ()
    autoscalers: Sequence[Manifest] = ()
    evidence: Mapping[str, Evidence] = field(default_factory=dict)


@dataclass(frozen=True)
class Component:
    """A part of a revision: its predictor, or a transformer of its own.

    Args:
        wanted: Pods that should be there now.
        pods: Those that are there and not being deleted.
        ended: Those that are over, as after an eviction.
    """

    name: str
    wanted: int
    deployment: Manifest | None
    pods: tuple[Manifest, ...]
    ended: tuple[Manifest, ...] = ()

    @property
    def ready(self) -> int:
        """Pods that answer."""
        return sum(pods.is_ready(pod) for pod in self.pods)

    @property
    def unready(self) -> tuple[Manifest, ...]:
        """The others."""
        return tuple(pod for pod in self.pods if not pods.is_ready(pod))


def status(seen: Seen, told: Told, now: datetime) -> RevisionStatus:
    """How it is.

    Args:
        seen: Its objects.
        told: What its servers say.
        now: The time, in UTC.
    """
    parts = components(seen)
    ready = _ready(parts)
    if objects.is_leaving(seen.service):
        parts, ready = (), 0
        causes: Sequence[Cause] = [Cause("it is being removed")]
    else:
        causes = _causes(seen, parts, now)
    hopeless = next((cause for cause in causes if cause.hopeless), None) if not ready else None
    return RevisionStatus(
        replicas=max((part.wanted for part in parts), default=1),
        ready=ready,
        since=_since(parts),
        restarts=sum(pods.restarts(pod) for part in parts for pod in part.pods),
        failure=str(hopeless) if hopeless else None,
        detail=_detail(causes),
        serving=told.serving,
        created=objects.created(seen.service),
        scale=scaling.scale(seen.service),
        bounds=scaling.bounds(seen.service, seen.autoscalers),
        gauges=scaling.gauges(seen.service, seen.autoscalers),
        lacks=told.lacks,
        address=address(seen.service),
    )


def components(seen: Seen) -> tuple[Component, ...]:
    """Its parts, the predictor first."""
    names = [PREDICTOR]
    if objects.at(seen.service, "spec", TRANSFORMER) is not None:
        names.append(TRANSFORMER)
    return tuple(_component(seen, name) for name in names)


def is_at_rest(seen: Seen) -> bool:
    """Whether exactly the pods are there that should be, and all answer: its Deployments say nothing more.

    How many that are the InferenceService says, or where it scales by itself its autoscaler.
    """
    if objects.is_leaving(seen.service) or any(map(objects.is_leaving, seen.pods)):
        return False
    return all(
        part.ready == len(part.pods) == scaling.replicas(seen.service, seen.autoscalers, part.name)
        for part in components(seen)
    )


def entry(service: Manifest) -> str:
    """The part of it that callers reach."""
    return TRANSFORMER if objects.at(service, "spec", TRANSFORMER) is not None else PREDICTOR


def address(service: Manifest) -> str:
    """Where it is asked from within the cluster, past the route."""
    host = f"{objects.name(service)}-{entry(service)}"
    return f"http://{host}.{objects.text(service, 'metadata', 'namespace')}.svc"


def _component(seen: Seen, name: str) -> Component:
    ours = [pod for pod in seen.pods if objects.label(pod, COMPONENT) == name]
    staying = [pod for pod in ours if not objects.is_leaving(pod)]
    deployment = next((one for one in seen.deployments if objects.label(one, COMPONENT) == name), None)
    # A new minimum counts from when it is asked for, not from when KServe has handed it on.
    least = objects.number(seen.service, "spec", name, "minReplicas")
    running = tuple(pod for pod in staying if not pods.has_ended(pod))
    now = objects.number(deployment, "spec", "replicas") if deployment else len(running)
    return Component(
        name,
        max(1 if least is None else least, now or 0),
        deployment,
        running,
        tuple(pod for pod in staying if pods.has_ended(pod)),
    )


def _ready(parts: Sequence[Component]) -> int:
    """Replicas that answer. A transformer and its predictor are scaled apart: what one lacks, both lack."""
    if any(part.ready == 0 for part in parts):
        return 0
    most = max(part.wanted for part in parts)
    return max(0, most + min(part.ready - part.wanted for part in parts))


def _causes(seen: Seen, parts: Sequence[Component], now: datetime) -> Sequence[Cause]:
    """Why it is not ready, the worst first; nothing where it is."""
    short = [part for part in parts if part.ready < part.wanted]
    if not short:
        return []
    found = [cause for part in short for cause in _of_component(seen, part, now)]
    of_service = services.of_service(seen.service, now, is_begun=bool(seen.deployments))
    every = [of_service, *found] if of_service else found
    return sorted(every, key=lambda cause: (not cause.hopeless, not cause.trouble))


def _of_component(seen: Seen, part: Component, now: datetime) -> Sequence[Cause]:
    nothing = Evidence()
    found = [
        pods.cause(pod, seen.evidence.get(objects.uid(pod), nothing), now)
        for pod in sorted(part.unready, key=objects.name)
    ]
    if len(part.pods) < part.wanted:
        missing = services.of_deployment(part.deployment, now)
        found += [missing] if missing else [] if found else [Cause("its pods are made", trouble=False)]
    found += [pods.end(pod) for pod in part.ended if _is_recent(pod, now)]
    return _overdue(part, found, now)


def _overdue(part: Component, found: Sequence[Cause], now: datetime) -> Sequence[Cause]:
    """The same; hopeless where something is wrong for longer than the Deployment waits.

    What only takes its time, as a large model does, is left to whoever waits for it.
    """
    ages = [made for made in map(objects.created, part.pods) if made]
    deadline = services.is_overdue(part.deployment, max(ages, default=None), now)
    if deadline is None:
        return found
    return [
        Cause(f"it made no progress for {deadline}: {one.text}", one.hint, hopeless=True)
        if one.trouble and not one.hopeless
        else one
        for one in found
    ]


def _is_recent(pod: Manifest, now: datetime) -> bool:
    changed = objects.moment(objects.condition(pod, "Ready"), "lastTransitionTime") or objects.created(pod)
    return objects.seconds(changed, now) < _RECENT


def _since(parts: Sequence[Component]) -> datetime | None:
    """When it began to be as it is: the last change of those pods that are not ready, else of all."""
    unready = [pod for part in parts for pod in part.unready]
    concerned = unready or [pod for part in parts for pod in part.pods]
    changes = [_changed(pod) for pod in concerned]
    return max((change for change in changes if change), default=None)


def _changed(pod: Manifest) -> datetime | None:
    return objects.moment(objects.condition(pod, "Ready"), "lastTransitionTime") or objects.created(pod)


def _detail(causes: Sequence[Cause]) -> str:
    """The causes in words, each once, with how many pods have it. What only takes time waits for the rest."""
    troubles = [cause for cause in causes if cause.trouble]
    texts = [str(cause) for cause in troubles or causes]
    each = list(dict.fromkeys(texts))
    shown = [f"{texts.count(text)} pods: {text}" if texts.count(text) > 1 else text for text in each]
    return "; ".join(shown[:_SHOWN]) + ("; …" if shown[_SHOWN:] else "")
