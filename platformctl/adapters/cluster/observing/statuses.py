"""How a revision is in Standard mode, from the objects that were seen of it. Pure.

Ready is what pods say, not InferenceServices: `Ready` of those stays true while all pods are replaced, and
their `observedGeneration` is that of their parts. Labels of an InferenceService are those of its Deployments
and pods from their creation on, so a pod that has the revision's label serves that revision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from platformctl.adapters.cluster.api import objects
from platformctl.adapters.cluster.observing import parts, scaling
from platformctl.adapters.cluster.observing.causes import services
from platformctl.adapters.cluster.observing.causes.cause import Cause
from platformctl.adapters.cluster.observing.causes.pods import Evidence
from platformctl.adapters.cluster.observing.parts import Part, Told
from platformctl.domain.manifests import Manifest
from platformctl.domain.observed import RevisionStatus

COMPONENT = "component"
"""KServe's label of Deployments and pods: predictor or transformer."""

PREDICTOR, TRANSFORMER = "predictor", "transformer"


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


@dataclass(frozen=True, kw_only=True)
class Component(Part):
    """A part of a revision: its predictor, or a transformer of its own."""

    name: str
    deployment: Manifest | None


def status(seen: Seen, told: Told, now: datetime) -> RevisionStatus:
    """How it is.

    Args:
        seen: Its objects.
        told: What its servers say.
        now: The time, in UTC.
    """
    found = components(seen)
    ready = _ready(found)
    if objects.is_leaving(seen.service):
        found, ready = (), 0
        causes: Sequence[Cause] = [Cause("it is being removed")]
    else:
        causes = _causes(seen, found, now)
    return RevisionStatus(
        replicas=max((part.wanted for part in found), default=1),
        ready=ready,
        since=parts.since(found),
        restarts=parts.restarts(found),
        failure=parts.failure(causes, ready),
        detail=parts.detail(causes),
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
    deployment = next((one for one in seen.deployments if objects.label(one, COMPONENT) == name), None)
    # A new minimum counts from when it is asked for, not from when KServe has handed it on.
    least = objects.number(seen.service, "spec", name, "minReplicas")
    running, ended = parts.told_apart(ours)
    now = objects.number(deployment, "spec", "replicas") if deployment else len(running)
    wanted = max(1 if least is None else least, now or 0)
    return Component(name=name, wanted=wanted, deployment=deployment, pods=running, ended=ended)


def _ready(found: Sequence[Component]) -> int:
    """Replicas that answer. A transformer and its predictor are scaled apart: what one lacks, both lack."""
    if any(part.ready == 0 for part in found):
        return 0
    most = max(part.wanted for part in found)
    return max(0, most + min(part.ready - part.wanted for part in found))


def _causes(seen: Seen, found: Sequence[Component], now: datetime) -> Sequence[Cause]:
    """Why it is not ready, the worst first; nothing where it is."""
    short = [part for part in found if part.ready < part.wanted]
    if not short:
        return []
    causes = [cause for part in short for cause in _of_component(seen, part, now)]
    of_service = services.of_service(seen.service, now, is_begun=bool(seen.deployments))
    return parts.worst_first([of_service, *causes] if of_service else causes)


def _of_component(seen: Seen, part: Component, now: datetime) -> Sequence[Cause]:
    found = parts.of_pods(part, seen.evidence, now)
    if len(part.pods) < part.wanted:
        missing = services.of_deployment(part.deployment, now)
        found += [missing] if missing else [] if found else [Cause("its pods are made", trouble=False)]
    return _overdue(part, [*found, *parts.of_ends(part, now)], now)


def _overdue(part: Component, found: Sequence[Cause], now: datetime) -> Sequence[Cause]:
    """The same; hopeless where something is wrong for longer than the Deployment waits.

    What only takes its time, as a large model does, is left to whoever waits for it.
    """
    ages = [made for made in map(objects.created, part.pods) if made]
    deadline = services.is_overdue(part.deployment, max(ages, default=None), now)
    return found if deadline is None else parts.given_up(found, f"for {deadline}")
