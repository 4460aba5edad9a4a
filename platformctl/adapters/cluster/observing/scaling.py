"""By what a revision scales in Standard mode: what its InferenceService asks for, what is measured. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from platformctl.adapters.cluster.api import objects
from platformctl.domain import quantity
from platformctl.domain.manifests import Manifest
from platformctl.domain.observed import Gauge
from platformctl.domain.revision import Scale
from platformctl.domain.scaling import Prometheus

_CLASS = "serving.kserve.io/autoscalerClass"
_BY_ITSELF = ("", "hpa", "keda")
_PREDICTOR = ("spec", "predictor")


def scales(service: Manifest) -> bool:
    """Whether something changes its replicas by itself, even if its bounds meet for now."""
    return objects.annotation(service, _CLASS) in _BY_ITSELF


def scale(service: Manifest) -> Scale | None:
    """What it is told to keep to; None if that is nothing that a spec could say."""
    least, most = _limits(service)
    try:
        return Scale(minimum=least, maximum=most, **_targets(service))
    except (ValidationError, ValueError):
        return None


def bounds(service: Manifest, autoscalers: Sequence[Manifest]) -> tuple[int, int] | None:
    """Replicas at least and at most, as the autoscaler has them; None where nothing scales it by itself."""
    if not scales(service):
        return None
    for autoscaler in _of(service, autoscalers):
        most = objects.number(autoscaler, "spec", "maxReplicas")
        if most is not None:
            return objects.number(autoscaler, "spec", "minReplicas") or 1, most
    return _limits(service)


def replicas(service: Manifest, autoscalers: Sequence[Manifest], part: str) -> int | None:
    """The pods that a part should have now; None: only its Deployment says it."""
    least = objects.number(service, "spec", part, "minReplicas")
    if not scales(service):
        return 1 if least is None else least
    target = f"{objects.name(service)}-{part}"
    ours = (one for one in autoscalers if objects.text(one, "spec", "scaleTargetRef", "name") == target)
    wanted = objects.number(next(ours, None), "status", "desiredReplicas")
    return max(wanted, 1 if least is None else least) if wanted else None


def gauges(service: Manifest, autoscalers: Sequence[Manifest]) -> tuple[Gauge, ...]:
    """What the autoscaler looks at."""
    first = _of(service, autoscalers)[:1] if scales(service) else []
    return tuple(gauge for autoscaler in first for gauge in seen_by(autoscaler, _query(service)))


def seen_by(autoscaler: Manifest, query: str = "") -> tuple[Gauge, ...]:
    """What an autoscaler looks at.

    Args:
        autoscaler: A HorizontalPodAutoscaler.
        query: What its external metric is the answer to.
    """
    return tuple(_gauge(metric, now, query) for metric, now in _paired(autoscaler))


def _limits(service: Manifest) -> tuple[int, int]:
    least = objects.number(service, *_PREDICTOR, "minReplicas")
    most = objects.number(service, *_PREDICTOR, "maxReplicas")
    lower = 1 if least is None else least
    return lower, max(lower, most or 0)


def _of(service: Manifest, autoscalers: Iterable[Manifest]) -> list[Manifest]:
    """Those of its predictor first: it is the one that computes."""
    name = f"{objects.name(service)}-predictor"
    return sorted(
        autoscalers,
        key=lambda one: (objects.text(one, "spec", "scaleTargetRef", "name") != name, objects.name(one)),
    )


def _targets(service: Manifest) -> dict[str, Any]:
    """The targets of a `Scale`."""
    found: dict[str, Any] = {}
    named = objects.text(service, *_PREDICTOR, "scaleMetric")
    if named in {"cpu", "memory"}:
        found[named] = objects.number(service, *_PREDICTOR, "scaleTarget")
    for metric in _metrics(service):
        resource = objects.text(metric, "resource", "name")
        if resource in {"cpu", "memory"}:
            found[resource] = objects.number(metric, "resource", "target", "averageUtilization")
        elif objects.text(metric, "external", "metric", "backend") == "prometheus":
            found["prometheus"] = _prometheus(objects.mapping(metric, "external"))
    return found


def _metrics(service: Manifest) -> Sequence[Mapping[str, Any]]:
    return objects.entries(service, *_PREDICTOR, "autoScaling", "metrics")


def _prometheus(external: Mapping[str, Any]) -> Prometheus:
    target = objects.mapping(external, "target")
    threshold = target.get("averageValue", target.get("value"))
    return Prometheus(
        address=objects.text(external, "metric", "serverAddress"),
        query=objects.text(external, "metric", "query"),
        threshold=float(quantity.parse(str(threshold))),
    )


def _query(service: Manifest) -> str:
    queries = (objects.text(metric, "external", "metric", "query") for metric in _metrics(service))
    return next((query for query in queries if query), "")


def _paired(autoscaler: Manifest) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Each metric with what it is now; the autoscaler leaves out what it could not read."""
    current = objects.entries(autoscaler, "status", "currentMetrics")
    return [
        (metric, next((now for now in current if _key(now) == _key(metric)), {}))
        for metric in objects.entries(autoscaler, "spec", "metrics")
    ]


def _key(metric: Mapping[str, Any]) -> tuple[str, str]:
    kind = objects.text(metric, "type")
    inner = objects.mapping(metric, kind[:1].lower() + kind[1:])
    return kind, objects.text(inner, "name") or objects.text(inner, "metric", "name")


def _gauge(metric: Mapping[str, Any], now: Mapping[str, Any], query: str) -> Gauge:
    kind = objects.text(metric, "type")
    inner = kind[:1].lower() + kind[1:]
    name = query if kind == "External" and query else _key(metric)[1]
    target = objects.mapping(metric, inner, "target")
    return Gauge(name, _amount(target), _amount(objects.mapping(now, inner, "current"), like=target))


def _amount(value: Mapping[str, Any], like: Mapping[str, Any] | None = None) -> str:
    """A target, or what is now in the unit of the target."""
    for key, unit in (("averageUtilization", " %"), ("averageValue", " a replica"), ("value", "")):
        if value.get(key) is not None and (like is None or like.get(key) is not None):
            return f"{value[key]}{unit}"
    return ""
