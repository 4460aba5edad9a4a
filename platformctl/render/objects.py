"""The objects of one revision."""

import json
from collections.abc import Mapping
from typing import Any

from platformctl.domain.cluster import Mode, Shape
from platformctl.domain.components import Image
from platformctl.domain.manifests import Manifest, labels
from platformctl.domain.resources import PRODUCT_LABEL
from platformctl.domain.revision import Revision, Scale
from platformctl.render import names, scaling
from platformctl.render.containers import LEAVE_SECONDS, container, runs_our_server, settings_key
from platformctl.render.names import GRPC_PORT, HTTP_PORT, Part
from platformctl.render.settings import Place, settings
from platformctl.render.templates import render

_DRAIN_SECONDS = 25
"""A model server of ours finishes what is in flight within this time."""

_GRACE_SECONDS = LEAVE_SECONDS + _DRAIN_SECONDS + 10
_MODEL_FOLDER = "/mnt/models"
_VISIBILITY = "networking.kserve.io/visibility"


def inference_service(revision: Revision, scale: Scale, shape: Shape) -> Manifest:
    """The InferenceService, whose controller makes Deployments, Services and autoscalers of it."""
    components = {part: _component(revision, part, scale, shape) for part in names.parts(revision)}
    mode = "RawDeployment" if shape.kserve == names.BEFORE_NEW_MODES else "Standard"
    return render(
        "inferenceservice",
        **_identity(revision, shape),
        # No route of KServe's own: ours has the weights.
        labels=labels(revision.deployment, revision.id) | {_VISIBILITY: "cluster-local"},
        annotations={scaling.AUTOSCALER: scaling.autoscaler(scale), names.MODE: mode},
        predictor=components["predictor"],
        transformer=components.get("transformer"),
    )


def config_map(revision: Revision, shape: Shape) -> Manifest | None:
    """The settings of its model servers; None: it has none of ours."""
    ours = [part for part in names.parts(revision) if runs_our_server(revision, part)]
    if not ours:
        return None
    files = {settings_key(part): _settings(revision, part, shape) for part in ours}
    return render("configmap", **_identity(revision, shape), labels=_labels(revision), data=files)


def service_account(revision: Revision, shape: Shape) -> Manifest | None:
    """Who downloads the model; None: the store needs no secret, or somebody else has it."""
    if _own_account(revision, shape) is None:
        return None
    secret = shape.storage.secret
    return render("serviceaccount", **_identity(revision, shape), labels=_labels(revision), secret=secret)


def grpc_service(revision: Revision, shape: Shape) -> Manifest | None:
    """How our transformer finds the pods of its predictor; None: it is in the same process, or an image."""
    if not names.is_separate(revision) or isinstance(revision.transformer, Image):
        return None
    return render(
        "service",
        name=names.grpc_service(revision.id),
        namespace=shape.namespace,
        labels=_labels(revision),
        pod_labels=names.pod_labels(revision.id, "predictor"),
        port=GRPC_PORT,
    )


def disruption_budget(revision: Revision, part: Part, shape: Shape) -> Manifest:
    """How many pods of a component a drain may take at once. The same for any number of replicas."""
    return render(
        "poddisruptionbudget",
        name=names.component(revision.id, part),
        namespace=shape.namespace,
        labels=_labels(revision),
        pod_labels=names.pod_labels(revision.id, part),
    )


def _identity(revision: Revision, shape: Shape) -> Mapping[str, str]:
    return {"name": revision.id, "namespace": shape.namespace}


def _labels(revision: Revision) -> Mapping[str, str]:
    return labels(revision.deployment, revision.id)


def pod(revision: Revision, part: Part, shape: Shape, mode: Mode) -> Mapping[str, Any]:
    """What the pods of a component have in any mode, for a template."""
    made = container(revision, part, shape, mode)
    return {
        "service_account": shape.storage.service_account or _own_account(revision, shape, part),
        "pull_secrets": [{"name": name} for name in shape.images.pull_secrets],
        "node_selector": _node_selector(revision, part),
        "tolerations": [
            each.model_dump(mode="json", exclude_defaults=True) for each in revision.resources.tolerations
        ],
        "container": made.content,
        "volumes": made.volumes,
    }


def scraped(revision: Revision, part: Part) -> Mapping[str, str]:
    """The annotations by which a Prometheus with the usual rules finds the figures of our servers."""
    if not runs_our_server(revision, part):
        return {}
    return {
        "prometheus.io/path": "/metrics",
        "prometheus.io/port": str(HTTP_PORT),
        "prometheus.io/scrape": "true",
    }


def _component(revision: Revision, part: Part, scale: Scale, shape: Shape) -> Mapping[str, Any]:
    return render(
        "component",
        pod_annotations=scraped(revision, part),
        minimum=scale.minimum,
        maximum=scale.maximum,
        metrics=scaling.metrics(scale),
        **_strategy(revision, part, scale),
        grace_seconds=_GRACE_SECONDS,
        pod_labels=names.pod_labels(revision.id, part),
        **pod(revision, part, shape, Mode.STANDARD),
    )


def _own_account(revision: Revision, shape: Shape, part: Part = "predictor") -> str | None:
    """The name of an account of its own, where one is needed: for the store's secret, to load a model."""
    storage, predictor = shape.storage, revision.predictor
    loads = part == "predictor" and not (isinstance(predictor, Image) and not predictor.model)
    return revision.id if loads and storage.secret and storage.service_account is None else None


def _strategy(revision: Revision, part: Part, scale: Scale) -> Mapping[str, int]:
    """A pod more before one less; where there may be no spare GPU, one less first, but never the last one."""
    waits_for_gpu = part == "predictor" and revision.resources.gpus is not None and scale.minimum > 1
    return {"surge": 0, "unavailable": 1} if waits_for_gpu else {"surge": 1, "unavailable": 0}


def _node_selector(revision: Revision, part: Part) -> Mapping[str, str]:
    resources, gpus = revision.resources, revision.resources.gpus
    product = {PRODUCT_LABEL: gpus.product} if part == "predictor" and gpus and gpus.product else {}
    return dict(sorted({**resources.node_selector, **product}.items()))


def _settings(revision: Revision, part: Part, shape: Shape) -> str:
    listen: dict[str, Any] = {"http": HTTP_PORT, "grpc": GRPC_PORT}
    separate = names.is_separate(revision)
    address = f"{names.grpc_service(revision.id)}.{shape.namespace}.svc:{GRPC_PORT}"
    place = Place(
        model_dir=_MODEL_FOLDER,
        listen=listen,
        predictor=address if part == "transformer" else None,
        behind=separate and part == "predictor",
    )
    return json.dumps(settings(revision, place), indent=1) + "\n"
