"""The objects themselves."""

from collections.abc import Mapping
from typing import Any

from platformctl.domain.cluster import Mode, Shape
from platformctl.domain.manifests import HOLDS, Manifest, labels
from platformctl.domain.names import Name
from platformctl.domain.revision import Revision, Scale
from platformctl.domain.rollout import Rollout
from platformctl.render import names, records
from platformctl.render.knative import scaling
from platformctl.render.objects import config_map, disruption_budget, pod, scraped, service_account
from platformctl.render.templates import render

_TIMEOUT_SECONDS = 60
"""Until a request without a complete answer is an error, also one that waits for a replica to wake; and the
time that a pod has to finish."""

_PROGRESS = "serving.knative.dev/progress-deadline"
_PROGRESS_SECONDS = 1800
"""For which Knative waits for the first pod of a revision, its download included. Then it takes the revision
for failed and its pods away, and that one never gets ready."""

_TAGS = "serving.kserve.io/enable-tag-routing"
"""With it the template's revision has a host of its own, by which it is asked whatever its share."""


def inference_service(revision: Revision, scale: Scale, percent: int, shape: Shape) -> Manifest:
    """The InferenceService. All of its metadata is handed on to the pods, so none of it changes by itself."""
    mode = "Serverless" if shape.kserve == names.BEFORE_NEW_MODES else "Knative"
    return render(
        "inferenceservice",
        name=revision.deployment,
        namespace=shape.namespace,
        labels=labels(revision.deployment),
        annotations={**scaling.scaler(scale), names.MODE: mode, _TAGS: "true"},
        predictor=_predictor(revision, scale, percent, shape),
        transformer=None,
    )


def needed(revision: Revision, shape: Shape) -> tuple[Manifest, ...]:
    """What its pods need."""
    made = (
        config_map(revision, shape),
        service_account(revision, shape),
        disruption_budget(revision, "predictor", shape),
    )
    return tuple(manifest for manifest in made if manifest is not None)


def record(name: Name, rollout: Rollout, shape: Shape) -> Manifest:
    """The ConfigMap that holds the rollout."""
    return render(
        "configmap",
        name=record_name(name),
        namespace=shape.namespace,
        labels=labels(name) | {HOLDS: "rollout"},
        data={"commit": records.FIRST, "rollout": records.rollout(rollout)},
    )


def record_name(name: Name) -> str:
    """The name of the ConfigMap that holds the rollout of a deployment. No revision is called so."""
    return f"{name}-rollout"


def _predictor(revision: Revision, scale: Scale, percent: int, shape: Shape) -> Mapping[str, Any]:
    metric, target = scaling.metric(scale) or (None, None)
    return render(
        "knativepredictor",
        labels=labels(revision.deployment, revision.id),
        annotations={
            **scaling.by_memory(scale, revision.resources.memory),
            **scraped(revision, "predictor"),
            _PROGRESS: f"{_PROGRESS_SECONDS}s",
        },
        minimum=scale.minimum,
        maximum=scale.maximum,
        metric=metric,
        target=target,
        percent=percent,
        timeout_seconds=_TIMEOUT_SECONDS,
        **pod(revision, "predictor", shape, Mode.KNATIVE),
    )
