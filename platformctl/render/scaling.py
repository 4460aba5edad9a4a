"""How many replicas, and by what they become more and fewer, as KServe has it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from platformctl.domain.errors import SpecError
from platformctl.domain.manifests import Manifest
from platformctl.domain.revision import Scale
from platformctl.domain.scaling import DEFAULT_CPU

AUTOSCALER = "serving.kserve.io/autoscalerClass"

_OTHER_MODE = "take a cluster's Knative mode (--mode knative)"


def refuse(scale: Scale) -> None:
    """Refuse what only Knative scales by.

    Raises:
        SpecError: There is something; the message says the way out.
    """
    if scale.minimum == 0:
        raise SpecError(
            "in Standard mode nobody would answer: no request wakes a revision that has no replica",
            field="spec.scaling.min",
            hint=f"write min: 1, or {_OTHER_MODE}; to remove the deployment: platformctl delete NAME",
        )
    for target in ("concurrency", "rps"):
        if getattr(scale, target) is not None:
            raise SpecError(
                f"in Standard mode nothing scales by {target}: Knative counts requests, Kubernetes does not",
                field=f"spec.scaling.{target}",
                hint=f"write cpu: {DEFAULT_CPU} or prometheus, or {_OTHER_MODE}",
            )


def autoscaler(scale: Scale) -> str:
    """KServe's class of autoscaler. `none`: the number of replicas is fixed, and no metrics are needed.

    It follows from the targets alone, never from the bounds: KServe copies the annotation into the pods, so
    that another class restarts them one by one, and bounds meet for a while before a promotion.
    """
    if scale.prometheus is not None:
        return "keda"
    return "none" if scale.cpu is scale.memory is None else "hpa"


def metrics(scale: Scale) -> list[dict[str, Any]]:
    """What the autoscaler looks at."""
    if scale.prometheus is not None:
        return [_external(scale)]
    targets = {"cpu": scale.cpu, "memory": scale.memory}
    return [_resource(name, percent) for name, percent in targets.items() if percent is not None]


def patch(inference_service: Manifest, scale: Scale) -> Mapping[str, Any]:
    """The merge patch that gives an InferenceService another scale. It touches nothing else."""
    component = {
        "minReplicas": scale.minimum,
        "maxReplicas": scale.maximum,
        "autoScaling": {"metrics": metrics(scale)} if metrics(scale) else None,
    }
    present = [part for part in ("predictor", "transformer") if part in inference_service["spec"]]
    return {
        "metadata": {"annotations": {AUTOSCALER: autoscaler(scale)}},
        "spec": dict.fromkeys(present, component),
    }


def _resource(name: str, percent: int) -> dict[str, Any]:
    target = {"type": "Utilization", "averageUtilization": percent}
    return {"type": "Resource", "resource": {"name": name, "target": target}}


def _external(scale: Scale) -> dict[str, Any]:
    prometheus = scale.prometheus
    if prometheus is None:
        raise AssertionError("there is no query")
    metric = {"backend": "prometheus", "serverAddress": prometheus.address, "query": prometheus.query}
    value = format(Decimal(repr(prometheus.threshold)).normalize(), "f")
    return {"type": "External", "external": {"metric": metric, "target": {"type": "Value", "value": value}}}
