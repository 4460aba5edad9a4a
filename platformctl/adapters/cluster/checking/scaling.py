"""Whether what scales is there."""

from dataclasses import dataclass

from platformctl.adapters.cluster.api.kinds import SCALED_OBJECT
from platformctl.adapters.cluster.checking.check import Check
from platformctl.adapters.cluster.checking.discovery import Live
from platformctl.domain.observed import Severity
from platformctl.domain.revision import Scale


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
    """What one scale asks for."""
    if scale.maximum <= scale.minimum and scale.prometheus is None:
        return []
    return [_check(_KEDA if scale.prometheus else _METRICS, live, Severity.ERROR)]


def _check(scaler: _Scaler, live: Live, severity: Severity) -> Check:
    if scaler.group in live.groups:
        return Check(scaler.name, f"installed: {scaler.what} works")
    text = f"not installed, and {scaler.what} needs it"
    field = scaler.field if severity is Severity.ERROR else ""
    return Check(scaler.name, text, severity, scaler.hint, field)
