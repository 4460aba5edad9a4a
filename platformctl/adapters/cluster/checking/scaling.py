"""Whether what scales is there."""

from dataclasses import dataclass

from platformctl.adapters.cluster.api.kinds import SCALED_OBJECT
from platformctl.adapters.cluster.api.objects import annotation
from platformctl.adapters.cluster.checking import knative
from platformctl.adapters.cluster.checking.check import Check
from platformctl.adapters.cluster.checking.discovery import Live
from platformctl.adapters.cluster.checking.serving import Serving
from platformctl.domain.manifests import Manifest
from platformctl.domain.observed import Severity
from platformctl.domain.revision import Scale

_CLASS, _HPA_CLASS = "autoscaling.knative.dev/class", "hpa.autoscaling.knative.dev"
_HPA = "autoscaler-hpa"


@dataclass(frozen=True)
class _Scaler:
    """What scales, and how it is known to be there.

    Args:
        group: Of the API, which it adds.
        what: What needs it.
        field: The field that asks for it.
    """

    name: str
    group: str
    what: str
    field: str
    hint: str


_METRICS = _Scaler(
    "metrics-server",
    "metrics.k8s.io/v1beta1",
    "scaling by cpu or memory",
    "spec.scaling.max",
    "kubectl apply -f https://github.com/kubernetes-sigs/metrics-server/releases/latest/download/components.yaml",
)
_KEDA = _Scaler(
    "keda",
    SCALED_OBJECT.api_version,
    "scaling by a Prometheus query",
    "spec.scaling.prometheus",
    "install it: https://keda.sh/docs/latest/deploy",
)


def checks(live: Live) -> list[Check]:
    """What could be asked for."""
    return [_check(scaler, live, Severity.WARNING) for scaler in (_METRICS, _KEDA)]


def asked(live: Live, scale: Scale) -> list[Check]:
    """What one scale asks for in Standard mode."""
    if scale.maximum <= scale.minimum and scale.prometheus is None:
        return []
    return [_check(_KEDA if scale.prometheus else _METRICS, live, Severity.ERROR)]


def asked_of_knative(live: Live, serving: Serving, service: Manifest) -> list[Check]:
    """What an InferenceService asks for in Knative mode, where requests are counted by Knative itself."""
    if annotation(service, _CLASS) != _HPA_CLASS:
        return []
    return [_check(_METRICS, live, Severity.ERROR), *_by_hpa(serving)]


def _by_hpa(serving: Serving) -> list[Check]:
    if knative.is_up(serving, _HPA) is not False:
        return []
    text = f"no pod is ready of {_HPA}, by which Knative scales by cpu or memory"
    hint = (
        "install serving-hpa.yaml of Knative's release, or scale by requests: spec.scaling.concurrency or rps"
    )
    return [Check(_HPA, text, Severity.ERROR, hint, "spec.scaling")]


def _check(scaler: _Scaler, live: Live, severity: Severity) -> Check:
    if scaler.group in live.groups:
        return Check(scaler.name, f"installed: {scaler.what} works")
    text = f"not installed, and {scaler.what} needs it"
    field = scaler.field if severity is Severity.ERROR else ""
    return Check(scaler.name, text, severity, scaler.hint, field)
