"""Objects of a cluster as its API gives them, with what a test is about."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from platformctl.adapters.cluster.observing.causes.pods import Evidence
from platformctl.adapters.cluster.observing.parts import Told
from platformctl.adapters.cluster.observing.statuses import Seen, status
from platformctl.domain.manifests import DEPLOYMENT, REVISION
from platformctl.domain.observed import RevisionStatus

NOW = datetime(2026, 1, 5, 12, 0, 0, tzinfo=UTC)
NAME, REVISION_NAME, NAMESPACE = "churn", "churn-v4-3f9a1c", "models"
IMAGE = "registry.example.com/team/predictor:0.2"
URI = "s3://models/churn/4"
Json = dict[str, Any]


def ago(seconds: float) -> str:
    """A time, as Kubernetes writes it."""
    return (NOW - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def service(
    least: int = 1, most: int = 1, *, transformer: bool = False, age: float = 60, **more: object
) -> Json:
    """An InferenceService; `more` goes into its predictor."""
    part = {"minReplicas": least, "maxReplicas": most, **more}
    autoscaler = "none" if least == most else "hpa"
    return {
        "metadata": _metadata(REVISION_NAME, age)
        | {"annotations": {"serving.kserve.io/autoscalerClass": autoscaler}},
        "spec": {"predictor": part} | ({"transformer": part} if transformer else {}),
        "status": {"conditions": [{"type": "Ready", "status": "Unknown"}]},
    }


def deployment(replicas: int = 1, component: str = "predictor", *conditions: Json) -> Json:
    """The Deployment of a component."""
    metadata = _metadata(f"{REVISION_NAME}-{component}", 60)
    metadata["labels"]["component"] = component
    spec = {"replicas": replicas, "progressDeadlineSeconds": 600}
    return {"metadata": metadata, "spec": spec, "status": {"conditions": list(conditions)}}


def autoscaler(replicas: int, component: str = "predictor") -> Json:
    """The autoscaler of a component, with the replicas that it wants."""
    name = f"{REVISION_NAME}-{component}"
    spec = {"scaleTargetRef": {"name": name}, "maxReplicas": 4}
    return {"metadata": _metadata(name, 60), "spec": spec, "status": {"desiredReplicas": replicas}}


def condition(kind: str, value: str, seconds: float = 30, **more: str) -> Json:
    """A condition that is so since some seconds ago."""
    return {"type": kind, "status": value, "lastTransitionTime": ago(seconds), **more}


def pod(  # noqa: PLR0913 - a pod has so many parts
    name: str = "p1",
    *,
    component: str = "predictor",
    ready: bool = False,
    age: float = 30,
    statuses: Sequence[Json] = (),
    initial: Sequence[Json] = (),
    scheduled: Json | None = None,
    status: Mapping[str, Any] | None = None,
    asks: Mapping[str, str] | None = None,
) -> Json:
    """A pod of a component."""
    metadata = _metadata(f"{REVISION_NAME}-{component}-{name}", age)
    metadata["labels"]["component"] = component
    conditions = [
        scheduled or condition("PodScheduled", "True", age),
        condition("Ready", "True" if ready else "False", age),
    ]
    return {
        "metadata": metadata,
        "spec": _spec(asks) | ({} if scheduled else {"nodeName": "node-1"}),
        "status": {
            "phase": "Running",
            "conditions": conditions,
            "containerStatuses": list(statuses) or [container(ready=ready)],
            "initContainerStatuses": list(initial),
            **(status or {}),
        },
    }


def container(
    name: str = "kserve-container",
    *,
    ready: bool = False,
    restarts: int = 0,
    last: Json | None = None,
    **state: Json,
) -> Json:
    """A container's status; running, if no state is given."""
    return {
        "name": name,
        "image": IMAGE,
        "ready": ready,
        "restartCount": restarts,
        "state": state or {"running": {"startedAt": ago(20)}},
        "lastState": {"terminated": last} if last else {},
    }


def waiting(reason: str, message: str = "") -> Json:
    """The state of a container that waits."""
    return {"reason": reason, "message": message}


def ended(code: int, reason: str = "Error", message: str = "", *, lived: float = 5) -> Json:
    """The state of a container that has ended."""
    return {
        "exitCode": code,
        "reason": reason,
        "message": message,
        "startedAt": ago(10 + lived),
        "finishedAt": ago(10),
    }


def crashed(restarts: int, end: Json, name: str = "kserve-container") -> Json:
    """A container that waits to be started again."""
    return container(name, restarts=restarts, last=end, waiting=waiting("CrashLoopBackOff"))


def of(*pods: Json, evidence: Evidence | None = None, **more: Any) -> RevisionStatus:
    """The status of a revision with these pods; what is not said is as usual."""
    known = {one["metadata"]["uid"]: evidence for one in pods} if evidence else {}
    seen = Seen(
        more.get("service", service(max(1, len(pods)), max(1, len(pods)))),
        more.get("deployments", [deployment(max(1, len(pods)))]),
        pods,
        more.get("autoscalers", []),
        known,
    )
    return status(seen, Told(), NOW)


def _spec(asks: Mapping[str, str] | None) -> Json:
    resources = {"requests": dict(asks or {"cpu": "1", "memory": "2Gi"}), "limits": {"memory": "2Gi"}}
    startup = {"failureThreshold": 60, "periodSeconds": 5}
    return {
        "initContainers": [
            {
                "name": "storage-initializer",
                "args": [URI, "/mnt/models"],
                "resources": {"limits": {"memory": "1Gi"}},
            }
        ],
        "containers": [
            {"name": "kserve-container", "image": IMAGE, "resources": resources, "startupProbe": startup}
        ],
    }


def _metadata(name: str, age: float) -> Json:
    return {
        "name": name,
        "namespace": NAMESPACE,
        "uid": f"uid-of-{name}",
        "labels": {DEPLOYMENT: NAME, REVISION: REVISION_NAME},
        "creationTimestamp": ago(age),
    }
