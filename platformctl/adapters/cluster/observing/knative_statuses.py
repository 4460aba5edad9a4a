"""How a revision is in Knative mode, from the objects that were seen of it. Pure.

One of ours is one or more revisions of Knative's: a change of its scale makes another one of the same model.
While the newest gets ready an older one goes on serving, so `ready` counts both, and `replicas` what is ready
of the older ones plus what the newest should have: it is ready when the newest is. Nothing is a failure
while one replica of either answers; `Knative.stuck` tells of the newest alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from platformctl.adapters.cluster.api import objects
from platformctl.adapters.cluster.observing import knative_scaling as scaling
from platformctl.adapters.cluster.observing import parts
from platformctl.adapters.cluster.observing.causes import knative, pods, services
from platformctl.adapters.cluster.observing.causes.cause import Cause
from platformctl.adapters.cluster.observing.causes.pods import Evidence
from platformctl.adapters.cluster.observing.parts import Part, Told
from platformctl.domain.manifests import REVISION, Manifest
from platformctl.domain.names import RevisionId
from platformctl.domain.observed import RevisionStatus

KNATIVE = "serving.knative.dev/revision"
"""The label of a pod with the name of Knative's revision."""

_GENERATION = "serving.knative.dev/configurationGeneration"
_ROUTING = "serving.knative.dev/routingState"
_ASLEEP = "NoTraffic"


@dataclass(frozen=True)
class Seen:
    """The objects of one revision.

    Args:
        service: The deployment's InferenceService, where this revision is its template.
        backing: Knative's revisions of it, newest first; none before it has made one of the template.
        evidence: About pods that are not well, by their uid.
    """

    service: Manifest | None = None
    backing: Sequence[Manifest] = ()
    pods: Sequence[Manifest] = ()
    autoscalers: Sequence[Manifest] = ()
    evidence: Mapping[str, Evidence] = field(default_factory=dict)

    @property
    def newest(self) -> Manifest:
        """The newest of Knative's revisions; an empty object where there is none."""
        return self.backing[0] if self.backing else {}


def template(service: Manifest | None) -> RevisionId | None:
    """The revision that the InferenceService's template is of."""
    found = objects.text(service, "spec", "predictor", "labels", REVISION)
    return RevisionId(found) if found else None


def newest_first(found: Sequence[Manifest]) -> list[Manifest]:
    """Knative's revisions by the generation of the template that they are of."""
    return sorted(found, key=_generation, reverse=True)


def status(seen: Seen, told: Told, now: datetime) -> RevisionStatus:
    """How it is.

    Args:
        seen: Its objects.
        told: What its servers say.
        now: The time, in UTC.
    """
    found = components(seen)
    newest, older = found[0], found[1:]
    if seen.service is not None and objects.is_leaving(seen.service):
        return RevisionStatus(replicas=1, ready=0, detail="it is being removed", backing=_names(seen))
    ready = sum(part.ready for part in found)
    causes = causes_of(seen, now)
    asleep = is_asleep(seen)
    return RevisionStatus(
        replicas=newest.wanted + sum(part.ready for part in older),
        ready=ready,
        since=_since(seen, found, asleep=asleep),
        restarts=parts.restarts(found),
        failure=parts.failure(causes, ready),
        detail=parts.detail(causes),
        serving=told.serving,
        created=min(filter(None, map(objects.created, seen.backing)), default=None),
        scale=scaling.scale(seen.newest),
        bounds=scaling.bounds(seen.newest),
        gauges=scaling.gauges(seen.newest, seen.autoscalers),
        lacks=told.lacks,
        backing=_names(seen),
        asleep=asleep,
    )


def components(seen: Seen) -> tuple[Part, ...]:
    """The pods of each of Knative's revisions of it, the newest first; none before it has made one."""
    return (_newest(seen), *(_older(seen, one) for one in seen.backing[1:]))


def causes_of(seen: Seen, now: datetime) -> Sequence[Cause]:
    """Why the newest is not ready, the worst first; nothing where it is, or sleeps."""
    part = _newest(seen)
    if part.ready >= part.wanted and seen.backing:
        return []
    found = parts.of_pods(part, seen.evidence, now)
    found += parts.of_ends(part, now)
    said = knative.of_revision(seen.newest, now, has_pods=bool(part.unready)) if seen.backing else None
    if said is not None:
        found.append(said)
    elif not found:
        found.append(_unmade(seen, now))
    overdue = knative.is_overdue(seen.newest)
    of_service = _of_service(seen, now)
    every = [of_service, *found] if of_service else found
    return parts.worst_first(parts.given_up(every, overdue) if overdue else every)


def stuck(seen: Seen, now: datetime) -> str | None:
    """Why the newest of Knative's revisions will not get ready by itself, whoever else serves."""
    return parts.failure(causes_of(seen, now), components(seen)[0].ready)


def is_asleep(seen: Seen) -> bool:
    """Whether nothing of it runs because nobody asks it.

    Knative also takes away one that requests cannot be routed to, in spite of its minimum; and one that never
    came up, which does not sleep.
    """
    if not seen.backing or any(part.pods for part in components(seen)):
        return False
    return _rests(seen.newest) and not _least(seen.newest)


def _newest(seen: Seen) -> Part:
    running, ended = _pods(seen, seen.newest)
    least = _least(seen.newest)
    if not running and not least and _rests(seen.newest):
        return Part(wanted=0, pods=(), ended=ended)
    asked = objects.number(seen.newest, "status", "desiredReplicas") or 0
    return Part(wanted=max(1, least, asked, len(running)), pods=running, ended=ended)


def _older(seen: Seen, knative: Manifest) -> Part:
    """What an older one still has. Nobody waits for it to have more."""
    running, _ = _pods(seen, knative)
    ready = tuple(pod for pod in running if pods.is_ready(pod))
    return Part(wanted=len(ready), pods=ready)


def _pods(seen: Seen, knative: Manifest) -> tuple[tuple[Manifest, ...], tuple[Manifest, ...]]:
    name = objects.name(knative)
    return parts.told_apart(pod for pod in seen.pods if name and objects.label(pod, KNATIVE) == name)


def _least(knative: Manifest) -> int:
    """The replicas that Knative keeps of it: none of one that requests cannot be routed to any more."""
    is_reserve = objects.label(knative, _ROUTING) == "reserve"
    return 0 if is_reserve else scaling.least(knative)


def _rests(knative: Manifest) -> bool:
    """Whether it was taken away as nobody asked it, and not as it never came up."""
    active = objects.condition(knative, "Active")
    has_failed = objects.condition(knative, "Ready").get("status") == "False"
    return active.get("status") == "False" and active.get("reason") == _ASLEEP and not has_failed


def _unmade(seen: Seen, now: datetime) -> Cause:
    """Why it has no pods, where nothing is known against it."""
    if seen.backing or seen.service is None:
        return Cause("Knative makes its pods", trouble=False)
    return knative.of_template(seen.service, changed(seen.service), now)


def _of_service(seen: Seen, now: datetime) -> Cause | None:
    """What KServe says against the template, unless that was said of the one before."""
    if seen.service is None:
        return None
    found = objects.condition(seen.service, "PredictorReady")
    said = objects.moment(found, "lastTransitionTime")
    if knative.is_stale(said, changed(seen.service), now):
        return None
    return services.of_service(seen.service, now, is_begun=True)


def changed(service: Manifest) -> datetime | None:
    """When its spec was last written; where that is not known, when it was made."""
    written = [
        objects.moment(entry, "time")
        for entry in objects.entries(service, "metadata", "managedFields")
        if not objects.text(entry, "subresource") and "f:spec" in objects.mapping(entry, "fieldsV1")
    ]
    return max(filter(None, written), default=objects.created(service))


def _since(seen: Seen, found: Sequence[Part], *, asleep: bool) -> datetime | None:
    """When it last changed: by its pods; of one without any by what Knative says."""
    told = "Active" if asleep else "Ready"
    known = objects.moment(objects.condition(seen.newest, told), "lastTransitionTime")
    return parts.since(found) or known


def _names(seen: Seen) -> tuple[str, ...]:
    return tuple(map(objects.name, seen.backing))


def _generation(knative: Manifest) -> int:
    found = objects.label(knative, _GENERATION)
    return int(found) if found.isdecimal() else 0
