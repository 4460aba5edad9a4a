"""Why a pod is not ready. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from platformctl.adapters.cluster.api import objects
from platformctl.adapters.cluster.observing.causes import (
    downloads,
    ends,
    events,
    images,
    scheduling,
    settings,
)
from platformctl.adapters.cluster.observing.causes.cause import LOOP, Cause, shortened
from platformctl.domain.manifests import Manifest

PROXY = "queue-proxy"
"""Knative's container before the server. It asks the server's readiness probe in the kubelet's place, so that
it is the one that is not ready while the server loads."""

PATIENCE = 5.0
"""Seconds that a pod may take for each of its steps before anybody is asked what is the matter."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What else is known of a pod that is not well.

    Args:
        events: What was said of it, oldest first.
        logs: What each container wrote last, by name; of one that has ended, in its last life.
    """

    events: tuple[str, ...] = ()
    logs: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to ask about a pod.

    Args:
        events: Whether to ask for its events.
        logs: Containers by name, and whether their previous life is meant.
    """

    events: bool = False
    logs: Mapping[str, bool] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.events or bool(self.logs)


def is_ready(pod: Manifest) -> bool:
    """Whether it answers."""
    return objects.condition(pod, "Ready").get("status") == "True"


def has_ended(pod: Manifest) -> bool:
    """Whether it is over, as of a pod that was evicted; another one takes its place."""
    return objects.text(pod, "status", "phase") in {"Failed", "Succeeded"}


def restarts(pod: Manifest) -> int:
    """How often a container of it has died and come back."""
    return sum(objects.number(status, "restartCount") or 0 for status in _statuses(pod))


def wanted(pod: Manifest, now: datetime) -> Wanted:
    """What has to be asked to say why it is not ready; nothing while it only takes its time."""
    if is_ready(pod) or has_ended(pod) or objects.is_leaving(pod) or not _node(pod):
        return Wanted()
    logs = {}
    for status in _statuses(pod):
        if ends.is_untold(status):
            logs[objects.text(status, "name")] = not objects.mapping(status, "state", "terminated")
    is_late = objects.seconds(_scheduled(pod), now) >= PATIENCE
    return Wanted(events=is_late or restarts(pod) > 0, logs=logs)


def cause(pod: Manifest, evidence: Evidence, now: datetime) -> Cause:
    """Why it is not ready.

    Args:
        pod: One that is neither ready nor being deleted.
        evidence: What was asked about it, see `wanted`.
        now: The time, in UTC.
    """
    unscheduled = scheduling.cause(pod, objects.seconds(objects.created(pod), now))
    if unscheduled is not None:
        return unscheduled
    lasted = objects.seconds(_scheduled(pod), now)
    found = [_of_container(pod, status, evidence, lasted) for status in _statuses(pod)]
    known = [one for one in found if one is not None]
    worst = sorted(known, key=lambda one: (not one.hopeless, not one.trouble))
    return worst[0] if worst and worst[0].trouble else _slow(pod, evidence, worst)


def end(pod: Manifest) -> Cause:
    """Why a pod that is over has ended."""
    reason, message = (shortened(objects.text(pod, "status", key)) for key in ("reason", "message"))
    where = f" from {_node(pod)}" if _node(pod) else ""
    if reason == "Evicted":
        return Cause(f"a pod was evicted{where}: {message}", _evicted(message))
    said = message or reason or "its containers ended"
    return Cause(f"a pod ended: {said}")


def _slow(pod: Manifest, evidence: Evidence, steps: Sequence[Cause]) -> Cause:
    """Nothing has gone wrong that a status tells of."""
    statuses = objects.entries(pod, "status", "containerStatuses")
    if statuses and all(status.get("ready") is True for status in statuses):
        node = _node(pod)
        return Cause(
            f"node {node} does not report, so its pods are not asked", f"kubectl describe node {node}"
        )
    told = events.cause(evidence.events)
    return told or (steps[0] if steps else Cause("gets a place on its node", trouble=False))


def _of_container(
    pod: Manifest, status: Mapping[str, Any], evidence: Evidence, lasted: float
) -> Cause | None:
    """What is to be said of one container; None: it is as it should be, or not its turn yet."""
    name = objects.text(status, "name")
    spec = _spec(pod, name)
    is_ready = _answers(pod, status)
    waiting = objects.mapping(status, "state", "waiting")
    reason = objects.text(waiting, "reason")
    if reason in images.REASONS:
        return images.cause(status, waiting, evidence.events)
    if reason in settings.REASONS:
        return settings.cause(status, waiting, lasted)
    last = ends.last(status)
    if last and not is_ready and not _has_done(pod, status):
        return _of_end(spec, status, evidence)
    if name != PROXY and objects.mapping(status, "state", "running") and not is_ready:
        doing = f"the model is downloaded from {downloads.uri(spec)}" if downloads.is_download(spec) else None
        return Cause(doing or f"{name} is loading", trouble=False)
    return None


def _of_end(spec: Mapping[str, Any], status: Mapping[str, Any], evidence: Evidence) -> Cause:
    name = objects.text(status, "name")
    last = ends.last(status)
    lines = evidence.logs.get(name, ())
    killed_by = events.probe(evidence.events, name)
    how = ends.End(last, ends.lives(status), lines, killed_by)
    out_of_memory = objects.text(last, "reason") == "OOMKilled"
    if downloads.is_download(spec) and not out_of_memory:
        written = [*objects.text(last, "message").splitlines(), *lines]
        return downloads.cause(spec, written, loops=how.lives >= LOOP)
    limit = objects.text(spec, "resources", "limits", "memory")
    return ends.cause(how, name, limit, _startup(spec))


def _answers(pod: Manifest, status: Mapping[str, Any]) -> bool:
    """Whether a container is ready; by its end before that, if it had one, it does not matter any more."""
    proxies = [one for one in objects.entries(pod, "status", "containerStatuses") if one.get("name") == PROXY]
    by = proxies if proxies and not _is_initial(pod, status) else [status]
    return all(one.get("ready") is True for one in by)


def _has_done(pod: Manifest, status: Mapping[str, Any]) -> bool:
    """Whether it has done what it was started for, and is over."""
    return _is_initial(pod, status) and objects.number(status, "state", "terminated", "exitCode") == 0


def _is_initial(pod: Manifest, status: Mapping[str, Any]) -> bool:
    return any(status is one for one in objects.entries(pod, "status", "initContainerStatuses"))


def _startup(spec: Mapping[str, Any]) -> str:
    """How long a container may take to get ready."""
    probe = objects.mapping(spec, "startupProbe")
    if not probe:
        return ""
    tries = objects.number(probe, "failureThreshold") or 3
    every = objects.number(probe, "periodSeconds") or 10
    return f"{(objects.number(probe, 'initialDelaySeconds') or 0) + tries * every} s"


def _evicted(message: str) -> str:
    if "memory" in message:
        return "spec.resources.memory is less than it uses, or the node has too little"
    if "EmptyDir" in message:
        return "it writes more than the volume may hold"
    if "ephemeral" in message or "disk" in message.lower():
        return "free some of the node's disk"
    return ""


def _statuses(pod: Manifest) -> Sequence[Mapping[str, Any]]:
    keys: Iterable[str] = ("initContainerStatuses", "containerStatuses")
    return [status for key in keys for status in objects.entries(pod, "status", key)]


def _spec(pod: Manifest, name: str) -> Mapping[str, Any]:
    every = [*objects.entries(pod, "spec", "initContainers"), *objects.entries(pod, "spec", "containers")]
    return next((one for one in every if one.get("name") == name), {})


def _node(pod: Manifest) -> str:
    return objects.text(pod, "spec", "nodeName")


def _scheduled(pod: Manifest) -> datetime | None:
    return objects.moment(objects.condition(pod, "PodScheduled"), "lastTransitionTime")
