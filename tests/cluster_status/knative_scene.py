"""Objects of Knative mode as an API gives them, with what a test is about."""

from typing import Any

from platformctl.adapters.cluster.observing.knative_statuses import Seen, status
from platformctl.adapters.cluster.observing.parts import Told
from platformctl.domain.manifests import DEPLOYMENT, REVISION, Manifest
from platformctl.domain.observed import RevisionStatus
from tests.cluster_status import scene
from tests.cluster_status.scene import NOW, Json, condition, container

AUTOSCALING = "autoscaling.knative.dev"
NO_TRAFFIC = condition("Active", "False", 40, reason="NoTraffic", message="no requests")
READY = (condition("Ready", "True", 90), condition("ContainerHealthy", "True", 90))


def service(*conditions: Json, written: float = 60, template: str = scene.REVISION_NAME) -> Json:
    """The InferenceService of a deployment, with a template that was written some seconds ago."""
    entry = {"manager": "platformctl", "time": scene.ago(written), "fieldsV1": {"f:spec": {}}}
    of_status = {
        "manager": "kserve",
        "time": scene.ago(0),
        "subresource": "status",
        "fieldsV1": {"f:status": {}},
    }
    return {
        "metadata": {
            "name": scene.NAME,
            "managedFields": [entry, of_status],
            "creationTimestamp": scene.ago(999),
        },
        "spec": {"predictor": {"labels": {DEPLOYMENT: scene.NAME, REVISION: template}}},
        "status": {"conditions": list(conditions)},
    }


def revision(generation: int, *conditions: Json, least: int = 1, most: int = 4, **more: Any) -> Json:
    """A revision of Knative's; `more` are its `state` of routing, `desired` replicas, annotations by name."""
    scales = {"min-scale": str(least), "max-scale": str(most), **more.get("annotations", {})}
    labels = {
        DEPLOYMENT: scene.NAME,
        REVISION: more.get("of", scene.REVISION_NAME),
        "serving.knative.dev/configurationGeneration": str(generation),
        "serving.knative.dev/routingState": more.get("state", "active"),
    }
    metadata = {
        "name": _name(generation),
        "labels": labels,
        "annotations": {f"{AUTOSCALING}/{key}": value for key, value in scales.items()}
        | more.get("others", {}),
        "creationTimestamp": scene.ago(100 - generation),
    }
    resources = {"requests": {"memory": "1Gi"}, "limits": {"memory": "1Gi"}}
    return {
        "metadata": metadata,
        "spec": {"containers": [{"name": "kserve-container", "resources": resources}]},
        "status": {"conditions": list(conditions or READY), "desiredReplicas": more.get("desired")},
    }


def pod(name: str, generation: int = 7, *, ready: bool = True, **more: Any) -> Json:
    """A pod of a revision of Knative's, with the container before the server that says whether it answers."""
    statuses = more.pop("statuses", [container(ready=True), container("queue-proxy", ready=ready)])
    found = scene.pod(name, ready=ready, statuses=statuses, **more)
    found["metadata"]["labels"]["serving.knative.dev/revision"] = _name(generation)
    return found


def of(*pods: Manifest, backing: list[Json] | None = None, **more: Any) -> RevisionStatus:
    """The status of a revision with these pods; what is not said is as usual."""
    return status(seen(*pods, backing=backing, **more), Told(), NOW)


def seen(*pods: Manifest, backing: list[Json] | None = None, **more: Any) -> Seen:
    """Its objects."""
    return Seen(backing=[revision(7)] if backing is None else backing, pods=pods, **more)


def _name(generation: int) -> str:
    return f"{scene.NAME}-predictor-{generation:05}"
